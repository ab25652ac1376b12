import Foundation
import SRTestSupport
import Testing

/// A FIFO in the place of a file. Whoever opens it waits for another program, so it must not be opened.
@Suite struct PipesTests {
  /// Puts a FIFO in the place of `name`, if there is a file.
  private func makePipe(_ folder: TemporaryFolder, _ name: String) throws {
    try? FileManager.default.removeItem(atPath: folder.file(name))
    try #require(mkfifo(folder.file(name), 0o600) == 0)
  }

  @Test func areRefusedEverywhere() throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder)
    let training = [
      "train", "--model", "vanilla", "--loss", "mse=1", "--data", folder.path, "--output", folder.file("run"),
      "--epochs", "1", "--batch-size", "12", "--samples", "0",
    ]
    let first = try ProgramRun("srdist", training)
    try #require(first.status == 0, "\(first.errors)")
    try makePipe(folder, "pipe")
    let pipe = folder.file("pipe")
    let best = "run/checkpoints/best"
    let cases: [(file: String?, arguments: [String])] = [
      (nil, training + ["--config", pipe]), (nil, training + ["--init-weights", pipe, "--resume", "never"]),
      (nil, training + ["--trace", pipe]), (nil, ["inspect", pipe]),
      (nil, ["evaluate", "--weights", pipe, "--data", folder.path]),
      ("\(best)/state.json", ["inspect", folder.file(best)]),
      ("\(best)/checksums.json", training + ["--resume", folder.file(best)]),
      ("lr_train.npy", training),
      ("run/metrics.jsonl", ["report", folder.file("run")]),
    ]
    for (file, arguments) in cases {
      if let file { try makePipe(folder, file) }
      let run = try ProgramRun("srdist", arguments)
      #expect(run.status != 0, "\(arguments)")
      let text = run.output + run.errors
      #expect(text.contains("FIFO") && text.contains(file ?? pipe), "\(arguments): \(text)")
    }
  }
}
