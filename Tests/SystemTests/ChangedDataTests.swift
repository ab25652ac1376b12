import Foundation
import SRTestSupport
import Testing

/// Data files that another program changes while a run is using them.
@Suite(.serialized) struct ChangedDataTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try SmallPairs.write(to: folder)
  }

  /// A run that does not end by itself. It has written some steps when this returns.
  private func start(ranks: Int?, backtrace: Bool = true) throws -> RunningProgram {
    let run = try RunningProgram(
      ranks: ranks, "srdist",
      [
        "train", "--model", "vanilla", "--loss", "mse=1", "--data", folder.path, "--output",
        folder.file("run"),
        "--epochs", "1000000", "--batch-size", "4", "--threads", "1", "--samples", "0",
      ],
      // Swift's own report of a crash takes seconds, and then goes on after a signal that was sent.
      environment: ["SWIFT_BACKTRACE": backtrace ? "enable=yes" : "enable=no"])
    try run.wait(until: { steps > 0 })
    return run
  }

  private var log: String { (try? folder.text("run/metrics.jsonl")) ?? "" }
  private var steps: Int { log.split(separator: "\n").count }

  private func errorLines(_ errors: String, _ file: String) -> [Substring] {
    errors.split(separator: "\n").filter { $0.contains("\(file) changed while it was in use") }
  }

  private func write(_ bytes: [UInt8], to name: String) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.file(name)))
    try handle.write(contentsOf: Data(bytes))
    try handle.close()
  }

  /// The file's pages beyond its end are gone, and reading them raises SIGBUS.
  private func truncation(ranks: Int?) throws {
    let run = try start(ranks: ranks)
    #expect(truncate(folder.file("hr_train.npy"), 100) == 0)
    let ended = try run.wait()
    #expect(ended.status != 0)
    let lines = errorLines(ended.errors, "hr_train.npy")
    // Each rank may touch the file before the launcher has ended it.
    #expect((1...(ranks ?? 1)).contains(lines.count), "\(ended.errors)")
    for line in lines {
      #expect(line.hasPrefix("srdist: error: ") && line.hasSuffix("than when it was opened"), "\(line)")
    }
    for word in ["Crash", "Fatal", "Signal: Bus error"] {
      #expect(!ended.errors.contains(word), "\(ended.errors)")
    }
    if ranks == nil { #expect(ended.status == 1) }
  }

  /// The content has the size of the old one, and the times of the file may be those of the old one.
  private func replacement(ranks: Int?, of name: String) throws {
    let run = try start(ranks: ranks)
    let size = try Data(contentsOf: URL(fileURLWithPath: folder.file(name))).count
    var status = stat()
    stat(folder.file(name), &status)
    try write([UInt8](repeating: 77, count: size), to: name)
    utimensat(AT_FDCWD, folder.file(name), [status.st_atim, status.st_mtim], 0)
    let ended = try run.wait()
    #expect(ended.status == 1, "\(ended.errors)")
    #expect(errorLines(ended.errors, name).count == 1, "\(ended.errors)")
    #expect(ended.errors.contains("repeat the command to resume"), "\(ended.errors)")
  }

  @Test func truncatedDataAreNamed() throws { try truncation(ranks: nil) }

  @Test func replacedDataAreNamed() throws {
    for name in ["hr_train.npy", "lr_valid.npy"] {
      try SmallPairs.write(to: folder)
      try? FileManager.default.removeItem(atPath: folder.file("run"))
      try replacement(ranks: nil, of: name)
    }
  }

  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func truncatedDataAreNamedOnSeveralRanks() throws { try truncation(ranks: 2) }

  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func replacedDataAreNamedOnceOnSeveralRanks() throws { try replacement(ranks: 2, of: "lr_train.npy") }

  /// Another file under the old name: the run itself keeps the old one, but it could not be resumed.
  @Test func anotherFileInTheSamePlaceIsNamed() throws {
    let run = try start(ranks: nil)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file("hr_valid.npy")))
    try bytes.write(to: URL(fileURLWithPath: folder.file("hr_valid.npy")), options: .atomic)
    let ended = try run.wait()
    #expect(ended.status == 1)
    #expect(errorLines(ended.errors, "hr_valid.npy").count == 1, "\(ended.errors)")
    #expect(ended.errors.contains("another file was put in its place"), "\(ended.errors)")
  }

  /// Whoever writes the same content, or sets a file's times or permissions, does not end a healthy run.
  @Test func theSameContentWrittenAgainIsNoChange() throws {
    let run = try start(ranks: nil)
    for name in ["hr_train.npy", "lr_train.npy", "hr_valid.npy"] {
      try write([0x93], to: name)
      #expect(chmod(folder.file(name), 0o600) == 0)
    }
    let epochs = log.components(separatedBy: "\"epoch\",").count
    try run.wait(until: { log.components(separatedBy: "\"epoch\",").count >= epochs + 2 })
    run.kill(SIGTERM)
    let ended = try run.wait()
    #expect(ended.status == 75, "\(ended.errors)")
  }

  /// A signal that has nothing to do with a file ends the program as it always does.
  @Test func anotherBusErrorIsNotBlamedOnAFile() throws {
    let run = try start(ranks: nil, backtrace: false)
    run.kill(SIGBUS)
    let ended = try run.wait()
    #expect(ended.status == 128 + SIGBUS, "\(ended.errors)")
    #expect(!ended.errors.contains("changed while it was in use"), "\(ended.errors)")
  }
}
