import Foundation
import SRFiles
import SRReport
import SRTestSupport
import Testing

/// `srdist report --html` on a run that was trained, and on what is left of it.
@Suite struct ReportPageCommandTests {
  private func report(_ arguments: [String]) throws -> ProgramRun {
    try ProgramRun("srdist", ["report"] + arguments)
  }

  @Test func pageOfARunAndOfItsRemains() throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder, count: 2)
    let run = folder.file("a run")
    let training = try ProgramRun(
      "srdist",
      [
        "train", "--model", "vanilla", "--blocks", "1", "--features", "16", "--loss", "mse=1", "--data",
        folder.path,
        "--epochs", "2", "--batch-size", "2", "--threads", "1", "--weights-dir", "\(run)/none", "--samples",
        "2",
        "--output", run,
      ])
    try #require(training.status == 0, "\(training.errors)")

    // The whole run.
    let first = try report([run, "--html"])
    try #require(first.status == 0, "\(first.errors)")
    #expect(first.output.contains("bicubic") && first.output.contains("page: \(run)/report.html ("))
    #expect(try !folder.names().contains("curves.png"))
    let page = try String(contentsOfFile: "\(run)/report.html", encoding: .utf8)
    #expect(page.components(separatedBy: "class=\"face\"").count == 3)
    #expect(page.components(separatedBy: "<svg viewBox").count > 4 && !page.contains("class=\"remarks\""))
    for record in try MetricsFile.epochs("\(run)/metrics.jsonl").suffix(1) {
      #expect(page.contains("<code>\(try #require(record.weightsSHA256))</code>"))
    }
    for line in try String(contentsOfFile: "\(run)/config.yaml", encoding: .utf8).split(separator: "\n") {
      #expect(page.contains(line.replacing("'", with: "&#39;")))
    }
    // Another process gives the same bytes, and a page may be replaced.
    let bytes = try OpenFile.contents(of: "\(run)/report.html")
    try #require(try report([run, "--html"]).status == 0)
    #expect(try OpenFile.contents(of: "\(run)/report.html") == bytes)

    // A run that was killed in its second epoch, and changed by hand.
    let log = try String(contentsOfFile: "\(run)/metrics.jsonl", encoding: .utf8).split(separator: "\n")
    let epoch = try #require(log.firstIndex { $0.contains("\"kind\":\"epoch\"") })
    let remains = log[...epoch].joined(separator: "\n") + "\nnonsense\n{\"kind\":\"epo"
    try Data(remains.utf8).write(to: URL(fileURLWithPath: "\(run)/metrics.jsonl"))
    try Data(Array("loss: mse=1\nepochs: 2\nx: ".utf8) + [0xFF, 0x0A]).write(
      to: URL(fileURLWithPath: "\(run)/config.yaml"))
    try FileManager.default.removeItem(atPath: "\(run)/samples")
    let second = try report([run, run, "--html", folder.file("two.html")])
    try #require(second.status == 0, "\(second.errors)")
    for remark in [
      "Line \(epoch + 2) of metrics.jsonl is damaged", "last line of metrics.jsonl is not complete",
      "config.yaml is not UTF-8",
      "There are no sample pictures.",
    ] {
      #expect(second.output.contains(remark), "\(second.output)")
      #expect(try folder.text("two.html").contains(remark))
    }
    #expect(try folder.text("two.html").contains("1 of 2"))
    // A run's folder is not taken for the page's file.
    let last = try report(["--html", run, "--output", folder.file("pages")])
    #expect(last.status == 0 && last.output.contains(folder.file("pages/report.html")), "\(last.errors)")

    // Nothing but settings.
    for name in ["metrics.jsonl", "checkpoints"] {
      try FileManager.default.removeItem(atPath: "\(run)/\(name)")
    }
    let third = try report([run, "--html"])
    #expect(third.status == 0 && third.output.contains("no epoch has finished yet"), "\(third.errors)")
    #expect(
      try String(contentsOfFile: "\(run)/report.html", encoding: .utf8).contains("There is no metrics.jsonl"))
  }

  @Test func otherFilesAndFoldersStay() throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("run")
    try folder.write(Array("epochs: 2\n".utf8), as: "run/config.yaml")
    let notes = try folder.write(Array("<!DOCTYPE html>\n<p>notes</p>".utf8), as: "notes.html")
    try folder.makeFolder("empty")
    try folder.makeFolder("folder.html")
    let cases: [(arguments: [String], status: Int32, words: [String])] = [
      ([folder.file("run"), "--html", notes], 1, [notes, "no page of srdist report"]),
      ([folder.file("run"), "--html", folder.file("folder.html")], 1, ["folder.html", "no page"]),
      ([folder.file("empty"), "--html"], 1, [folder.file("empty"), "is no run"]),
      ([folder.file("run"), "--html", folder.file("page.txt")], 1, ["page.txt", "is no run"]),
      ([folder.file("run"), "--html", "a.html", "--output", "b"], 64, ["--output", "a.html"]),
    ]
    for (arguments, status, words) in cases {
      let run = try report(arguments)
      #expect(run.status == status, "\(arguments): \(run.errors)")
      for word in words { #expect(run.errors.contains(word), "\(arguments): \(run.errors)") }
    }
    #expect(try folder.text("notes.html") == "<!DOCTYPE html>\n<p>notes</p>")
    #expect(try folder.names() == ["empty", "folder.html", "notes.html", "run"])
  }
}
