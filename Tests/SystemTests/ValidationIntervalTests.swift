import Foundation
import SRCheckpoint
import SRReport
import SRTestSupport
import Testing

/// `srdist train --val-every`: validations within an epoch.
@Suite struct ValidationIntervalTests {
  private let folder: TemporaryFolder

  /// Three steps an epoch.
  init() throws {
    folder = try TemporaryFolder()
    try SmallPairs.write(to: folder)
  }

  private func train(_ run: String, ranks: Int? = nil, status: Int32 = 0, _ more: [String]) throws
    -> ProgramRun
  {
    let result = try ProgramRun(
      ranks: ranks, "srdist",
      [
        "train", "--model", "compact", "--features", "16", "--blocks", "1", "--loss", "mse=1", "--data",
        folder.path, "--batch-size", "4", "--threads", "1", "--samples", "1", "--weights-dir",
        folder.file("none"), "--output", folder.file(run),
      ] + more)
    try #require(result.status == status, "\(result.errors)")
    return result
  }

  /// The log's records without their times.
  private func records(_ run: String) throws -> [EpochRecord] {
    try MetricsFile.epochs(folder.file("\(run)/metrics.jsonl")).map { record in
      var record = record
      record.seconds = 0
      return record
    }
  }

  /// The records as text: a number that was not measured does not equal itself.
  private func texts(_ run: String) throws -> [String] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return try records(run).map { String(decoding: try encoder.encode($0), as: UTF8.self) }
  }

  private func describe(_ records: [EpochRecord]) -> [String] {
    records.map { record in
      "\(record.step)" + (record.fraction == nil ? " end" : "") + (record.measures(.valid) ? " valid" : "")
        + (record.measures(.train) ? " train" : "")
    }
  }

  private func best(_ run: String) throws -> CheckpointState {
    try CheckpointDirectory(existing: folder.file("\(run)/checkpoints/best")).verify()
  }

  /// If steps alone end a run, most epochs end without a validation. Each has its checkpoint all the same, unless there are some
  /// within epochs.
  @Test func epochsWithoutValidationHaveCheckpoints() throws {
    func checkpoints(_ run: String) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: folder.file("\(run)/checkpoints")).sorted()
    }
    let steps = ["--max-steps", "7", "--val-every", "7", "--keep-checkpoints", "9"]
    _ = try train("run", steps)
    #expect(try checkpoints("run") == ["best", "step-00000003", "step-00000006", "step-00000007"])
    _ = try train("sparse", steps + ["--checkpoint-every", "5"])
    #expect(try checkpoints("sparse") == ["best", "step-00000005", "step-00000007"])
    // Killed after an epoch's end, and before the first checkpoint.
    let log = folder.file("sparse/metrics.jsonl")
    let lines = try folder.text("sparse/metrics.jsonl").split(separator: "\n")
    #expect(lines[3].contains(#""kind":"epoch""#) && lines[4].contains(#""step":4"#))
    try Data((lines[..<5].joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: log))
    try FileManager.default.removeItem(atPath: folder.file("sparse/checkpoints"))
    _ = try train("sparse", steps + ["--checkpoint-every", "5"])
    #expect(try records("sparse").last?.weightsSHA256 == records("run").last?.weightsSHA256)
    // From the end of an epoch that was not validated.
    _ = try train("again", steps + ["--resume", folder.file("run/checkpoints/step-00000006")])
    #expect(try records("again").last?.weightsSHA256 == records("run").last?.weightsSHA256)
  }

  /// A validation changes no weight. It has a line, a row, a picture, events and perhaps the best checkpoint, and a run that was
  /// stopped between does not repeat or lose one.
  @Test func runsValidateWithinEpochs() throws {
    _ = try train("plain", ["--epochs", "2"])
    let every = ["--val-every", "2"]
    let run = try train("run", ["--epochs", "2"] + every)
    let found = try records("run")
    #expect(describe(found) == ["2 valid", "3 end valid train", "4 valid", "6 end valid train"])
    #expect(found[0].fraction == 2.0 / 3 && found[0].epoch == 1 && found[2].epoch == 2)
    #expect(try records("plain") == found.filter { $0.fraction == nil })
    #expect(run.errors.contains("step 2, in epoch 1/2: loss "), "\(run.errors)")

    let values = found.compactMap { $0[.valid, "psnr"] }
    let top = try #require(values.firstIndex(of: values.max()!))
    let state = try best("run")
    #expect(state.step == found[top].step && state.best?.value == values[top])
    #expect(state.best?.step == (found[top].fraction == nil ? nil : found[top].step))

    #expect(
      try folder.text("run/metrics.csv").split(separator: "\n").map { $0.prefix(4) } == [
        "epoc", "1,2,", "1,3,", "2,4,", "2,6,",
      ])
    let pictures = try FileManager.default.contentsOfDirectory(atPath: folder.file("run/samples")).sorted()
    #expect(pictures == ["epoch-0001.png", "epoch-0002.png", "step-00000002.png", "step-00000004.png"])
    #expect(try EventReader.values(in: folder.file("run/tensorboard"))["epoch/valid_psnr"]?.count == 4)
    let report = try ProgramRun("srdist", ["report", "--html", folder.file("run.html"), folder.file("run")])
    #expect(report.status == 0 && report.output.contains("0.67"), "\(report.output)\(report.errors)")

    // Stopped with and without the validation of its last step.
    _ = try train("done", ["--epochs", "2", "--max-steps", "4"] + every)
    _ = try train("done", ["--epochs", "2"] + every)
    #expect(try texts("done") == texts("run") && (try best("done").step == state.step))
    _ = try train("owed", ["--epochs", "2", "--max-steps", "4", "--checkpoint-every", "2"])
    _ = try train("owed", ["--epochs", "2"] + every)
    #expect(describe(try records("owed")) == ["3 end valid train", "4 valid", "6 end valid train"])
    #expect(try EventReader.values(in: folder.file("owed/tensorboard"))["epoch/valid_psnr"]?.count == 3)
  }

  /// If steps alone end a run, epochs end without a validation. The last step has one.
  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func stepsAloneNeedNoEpochs() throws {
    let more = ["--max-steps", "7", "--val-every", "2"]
    _ = try train("run", more)
    let found = try records("run")
    let expected = ["2 valid", "3 end train", "4 valid", "6 end valid train", "7 valid"]
    #expect(describe(found) == expected)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("run/checkpoints"))
    #expect(names.contains("step-00000007") && !names.contains("step-00000003"), "\(names)")

    // Killed after step 5, whose checkpoint was not the last one; resumed by two ranks.
    _ = try train("two", ranks: 2, ["--max-steps", "5", "--val-every", "2"])
    #expect(describe(try records("two")).last == "5 valid")
    let back = ["--resume", folder.file("two/checkpoints/step-00000004")]
    _ = try train("two", ranks: 2, more + back)
    #expect(try texts("two") == texts("run"))

    // What is complete stays so.
    #expect(try train("run", more).errors.contains("the run is complete"))
    #expect(describe(try records("run")) == expected)
  }
}
