import Foundation
import SRFiles
import SRReport
import SRTestSupport
import Testing

/// What a run measures, draws and keeps at the end of an epoch.
@Suite struct EpochEndTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try SmallPairs.write(to: folder)
  }

  private func arguments(_ name: String, _ more: [String]) -> [String] {
    [
      "train", "--model", "vanilla", "--features", "16", "--blocks", "1", "--loss", "mse=1,ssim=0.1",
      "--data",
      folder.path, "--batch-size", "9", "--epochs", "1", "--samples", "7", "--weights-dir", folder.path,
      "--output", folder.file(name),
    ] + more
  }

  /// The validation's numbers and the picture, without times.
  private func ending(_ name: String) throws -> [String] {
    // Dictionaries have no order of their own.
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let epochs = try MetricsFile.epochs(folder.file("\(name)/metrics.jsonl")).map { record in
      var record = record
      record.seconds = 0
      return String(decoding: try encoder.encode(record), as: UTF8.self)
    }
    return epochs + [try FileDigest(ofFile: folder.file("\(name)/samples/epoch-0001.png")).sha256]
  }

  /// Threads and ranks decide how many pairs go through the networks together. With three ranks, most of the pictures that are
  /// drawn lie in the shares of others than rank 0.
  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func groupsOfPairsChangeNothing() throws {
    for (name, threads) in [("one", 1), ("many", 9), ("few", 2)] {
      let run = try ProgramRun("srdist", arguments(name, ["--threads", "\(threads)"]))
      try #require(run.status == 0, "\(run.errors)")
    }
    let ranks = try ProgramRun(ranks: 3, "srdist", arguments("ranks", ["--threads", "1"]))
    try #require(ranks.status == 0, "\(ranks.errors)")
    let expected = try ending("one")
    #expect(expected.count == 2)
    for name in ["many", "few", "ranks"] { #expect(try ending(name) == expected, "\(name)") }
  }

  /// The limit on a file's size lets the log through, and no checkpoint. Another thread writes the checkpoint while the run
  /// trains.
  @Test func aCheckpointThatCannotBeWrittenEndsTheRun() throws {
    let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let program = URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("srdist")
    let run = try ChildRun(
      "/bin/bash",
      ["-c", "ulimit -f 64; exec \"$0\" \"$@\"", program.path]
        + arguments("small", ["--epochs", "1000", "--threads", "1", "--no-tensorboard"]))
    #expect(run.status == 1, "\(run.errors)")
    #expect(
      run.errors.components(separatedBy: "was not written").count == 2
        && run.errors.contains("File too large"), "\(run.errors)")
    #expect(!run.errors.contains("epoch 1/1000: loss"), "\(run.errors)")
  }
}
