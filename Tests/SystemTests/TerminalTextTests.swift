import Foundation
import SRFiles
import SRTestSupport
import Testing

/// File names and arguments can hold line breaks and control characters. On a terminal they neither add lines nor act.
@Suite struct TerminalTextTests {
  /// A line of its own, an escape sequence, and a mark that turns the rest around.
  private static let name = "a\nsrdist: error: forged\u{1B}[2J\u{9B}2J\u{202E}é"
  private static let shown = #"a\nsrdist: error: forged\u{1B}[2J\u{9B}2J\u{202E}é"#

  private func check(_ run: ProgramRun, _ what: String) {
    let text = run.output + run.errors
    #expect(text.contains(Self.shown), "\(what): \(text.debugDescription)")
    #expect(!text.contains("\nsrdist: error: forged"), "\(what): \(text.debugDescription)")
    #expect(
      text.unicodeScalars.allSatisfy { $0 == "\n" || (0x20..<0x7F).contains($0.value) || $0.value == 0xE9 },
      "\(what): \(text.debugDescription)")
  }

  @Test func argumentsInErrors() throws {
    let folder = try TemporaryFolder()
    let path = folder.file(Self.name)
    let commands: [[String]] = [
      ["inspect", path], ["report", path], ["train", "--data", path, "--output", folder.file("run")],
      ["evaluate", "--weights", path, "--data", path], ["train", "--preset", Self.name],
      ["train", "--no\(Self.name)"], ["presets", Self.name], ["train", "--epochs", Self.name], [Self.name],
      ["prepare", "--input", path, "--output", folder.file("data")], ["train", "--config", path],
    ]
    for command in commands {
      let run = try ProgramRun("srdist", command)
      #expect(run.status != 0)
      check(run, "\(command[0]) \(command.count)")
    }
  }

  @Test func namesOfFilesInResults() throws {
    let photographs = try Photographs(count: 9)
    try photographs.directory.write([1], as: Self.name)
    try photographs.directory.write([1], as: "\(Self.name).png")
    let place = try TemporaryFolder()
    let output = place.file(Self.name)
    let run = try ProgramRun(
      "srdist",
      ["prepare", "--input", photographs.directory.path, "--output", output, "--skip-broken", "--valid", "3"]
        + ["--train", "6", "--resize", "16", "--crop", "8"])
    #expect(run.status == 0, "\(run.errors)")
    check(run, "prepare")
    #expect(run.errors.split(separator: "\n").count <= 2, "\(run.errors)")
    // The manifest has the true names.
    let names = try FileManager.default.contentsOfDirectory(atPath: output).sorted()
    #expect(names == ["hr_train.npy", "hr_valid.npy", "lr_train.npy", "lr_valid.npy", "manifest.json"])
    let trained = try ProgramRun(
      "srdist",
      [
        "train", "--model", "vanilla", "--loss", "mse=1", "--data", output, "--epochs", "1", "--batch-size",
        "3",
        "--samples", "0", "--weights-dir", place.path, "--output", place.file("run\(Self.name)"),
      ])
    #expect(trained.status == 0, "\(trained.errors)")
    check(trained, "train")
    check(try ProgramRun("srdist", ["inspect", place.file("run\(Self.name)")]), "inspect")
    check(
      try ProgramRun(
        "srdist",
        [
          "evaluate", "--weights", place.file("run\(Self.name)/checkpoints/best"), "--data", output,
          "--weights-dir", place.path,
        ]), "evaluate")
  }
}
