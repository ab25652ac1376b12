import Foundation
import SRData
import SRReport
import SRTensor
import SRTestSupport
import SRTraining
import Testing

/// What the built program promises for whole runs, with real processes, real MPI and real kills.
@Suite(.serialized) struct TrainingRunTests {
  /// 20 images make batches of 8, 8 and 4. Some are not divisible by the number of ranks, and the last one is short.
  static let steps = 7

  /// The settings of a short run of the real model on drawn images.
  private func arguments(_ folder: TemporaryFolder, _ name: String, _ more: [String] = []) -> [String] {
    [
      "train", "--model", "attention", "--loss", "charbonnier=1", "--synthetic-train", "20",
      "--synthetic-valid", "3", "--max-steps", "\(Self.steps)", "--samples", "1", "--weights-dir",
      folder.path, "--output", folder.file(name),
    ] + more
  }

  /// The hash that a finished run logged for its last step.
  private func finalHash(
    _ folder: TemporaryFolder, _ name: String, steps: Int = Self.steps
  ) throws -> String {
    let records = try stepRecords(folder, name)
    #expect(records.map(\.step) == Array(1...steps), "each step is logged once, in order")
    return try #require(records.last?.weightsSHA256)
  }

  private func stepRecords(_ folder: TemporaryFolder, _ name: String) throws -> [StepRecord] {
    try MetricsFile.read(folder.file("\(name)/metrics.jsonl")).compactMap { line in
      if case .step(let record) = line { return record }
      return nil
    }
  }

  /// Everything in the log except the times.
  private func log(_ folder: TemporaryFolder, _ name: String) throws -> [String] {
    // The keys are sorted, because a dictionary has no order.
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return try MetricsFile.read(folder.file("\(name)/metrics.jsonl")).compactMap { line in
      switch line {
      case .step(var record):
        record.imagesPerSecond = 0
        return String(decoding: try encoder.encode(record), as: UTF8.self)
      case .epoch(var record):
        record.seconds = 0
        return String(decoding: try encoder.encode(record), as: UTF8.self)
      case .other: return nil
      }
    }
  }

  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func anyNumberOfRanksAndThreadsGivesTheSameBits() throws {
    let folder = try TemporaryFolder()
    func train(_ name: String, ranks: Int?, _ more: [String]) throws -> String {
      let run = try ProgramRun(ranks: ranks, "srdist", arguments(folder, name, more))
      try #require(run.status == 0, "\(name): \(run.errors)")
      return try finalHash(folder, name)
    }
    let alone = try train("alone", ranks: nil, ["--threads", "1"])
    #expect(try train("threads", ranks: nil, ["--threads", "2"]) == alone)
    #expect(try train("virtual", ranks: nil, ["--threads", "2", "--virtual-ranks", "3"]) == alone)
    for ranks in 1...4 {
      let name = "ranks\(ranks)"
      let more = ["--threads", "1", "--validation", ranks == 3 ? "rank0" : "dealt"]
      #expect(try train(name, ranks: ranks, more) == alone, "\(ranks) ranks")
      #expect(try log(folder, name) == log(folder, "alone"), "\(ranks) ranks: the log's numbers")
    }
    // The control: plain MPI_Allreduce adds in another order.
    #expect(try train("mpi", ranks: 3, ["--threads", "1", "--reduction", "mpi"]) != alone)
    let halves = try train("halves1", ranks: 1, ["--threads", "2", "--gradient-dtype", "bfloat16"])
    for ranks in [2, 4] {
      let more = ["--threads", "1", "--gradient-dtype", "bfloat16"]
      #expect(try train("halves\(ranks)", ranks: ranks, more) == halves, "bfloat16 on \(ranks) ranks")
    }
    #expect(halves != alone)
  }

  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func killedAnywhereItGoesOnToTheSameBits() throws {
    let folder = try TemporaryFolder()
    let more = ["--threads", "1", "--checkpoint-every", "1", "--epochs", "1000000"]
    var steps = 0
    for ranks in [2, 3] {
      // The run has no end of its own. It is killed.
      let program = try RunningProgram(
        ranks: ranks, "srdist", arguments(folder, "killed", more + ["--max-steps", "1000000"]))
      try program.wait(until: { (try? stepRecords(folder, "killed").count) ?? 0 >= steps + 2 })
      let processes = program.ranks
      program.kill(SIGKILL)
      #expect(try program.wait().status == 128 + SIGKILL)
      // The ranks end after their launcher.
      try RunningProgram.wait(until: { !processes.contains(where: RunningProgram.isAlive) })
      steps = try stepRecords(folder, "killed").count
    }
    steps += 2
    let end = ["--max-steps", "\(steps)"]
    let last = try ProgramRun("srdist", arguments(folder, "killed", more + end))
    try #require(last.status == 0, "\(last.errors)")
    #expect(last.errors.contains("resuming from"))
    let undisturbed = try ProgramRun(ranks: 2, "srdist", arguments(folder, "whole", more + end))
    try #require(undisturbed.status == 0, "\(undisturbed.errors)")
    #expect(
      try finalHash(folder, "killed", steps: steps) == finalHash(folder, "whole", steps: steps))
    #expect(try log(folder, "killed") == log(folder, "whole"))
  }

  @Test func aRunIsRepeatedFromItsOwnConfiguration() throws {
    let folder = try TemporaryFolder()
    let first = try ProgramRun(
      "srdist", arguments(folder, "first", ["--seed", "5", "--ema-decay", "0.9", "--augment", "flip"]))
    try #require(first.status == 0, "\(first.errors)")
    let again = try ProgramRun(
      "srdist", ["train", "--config", folder.file("first/config.yaml"), "--output", folder.file("again")])
    try #require(again.status == 0, "\(again.errors)")
    #expect(try finalHash(folder, "again") == finalHash(folder, "first"))

    // A finished run is not trained further, and a run with another configuration does not resume from it.
    let finished = try ProgramRun(
      "srdist", ["train", "--config", folder.file("first/config.yaml"), "--output", folder.file("first")])
    #expect(finished.status == 0)
    #expect(finished.errors.contains("complete"))
    let other = try ProgramRun("srdist", arguments(folder, "first", ["--seed", "6", "--ema-decay", "0.9"]))
    #expect(other.status == 1)
    #expect(other.errors.contains("seed: 5 there, 6 here"), "\(other.errors)")
  }

  @Test func evaluateRepeatsTheRunsValidation() throws {
    let folder = try TemporaryFolder()
    let run = try ProgramRun(
      "srdist", arguments(folder, "run", ["--epochs", "1", "--data", try SmallPairs.write(to: folder)]))
    try #require(run.status == 0, "\(run.errors)")
    let epoch = try #require(try MetricsFile.epochs(folder.file("run/metrics.jsonl")).last)
    let evaluation = try ProgramRun(
      "srdist",
      [
        "evaluate", "--weights", folder.file("run/checkpoints/best"), "--data", folder.path, "--json",
        "--weights-dir", folder.path,
      ])
    try #require(evaluation.status == 0, "\(evaluation.errors)")
    let result = try JSONDecoder().decode(EvaluationRun.Result.self, from: Data(evaluation.output.utf8))
    let metrics = ["psnr", "ssim", "mse", "ssim_box", "lr_psnr"]
    #expect(Set(result.metrics.keys) == Set(metrics) && Set(result.bicubic.keys) == Set(metrics))
    for metric in metrics { #expect(result.metrics[metric] == epoch[.valid, metric], "\(metric)") }
    for metric in ["psnr", "ssim", "ssim_box"] {
      #expect(result.bicubic[metric] == epoch[.bicubic, metric], "\(metric)")
    }
    #expect(
      Set(result.terms.keys) == [
        "mse", "l1", "charbonnier", "ssim", "ssim_box", "ms_ssim", "consistency", "edge",
      ])
    let bicubic = try #require(result.bicubic["psnr"])
    #expect(abs(bicubic - (try bicubicPSNR(folder.path))) < 1e-4)
  }

  /// The baseline by its definition: the mean over the validation images, upsampled to bytes as in an image library.
  private func bicubicPSNR(_ directory: String) throws -> Double {
    let pairs = try DatasetSplit.load(directory: directory).valid
    let resize = BicubicResize(
      fromWidth: pairs.lowResWidth, height: pairs.lowResHeight, toWidth: pairs.highResWidth,
      height: pairs.highResHeight)
    let lowRes = AlignedBuffer(count: pairs.lowResElementCount)
    let highRes = AlignedBuffer(count: pairs.highResElementCount)
    var sum = 0.0
    for index in 0..<pairs.count {
      pairs.load(index: index, lowRes: lowRes.pointer, highRes: highRes.pointer)
      let errors = zip(resize(pairs.lowResImage(at: index)).pixels, highRes.values).map { byte, target in
        Double(byte) / 255 - Double(target)
      }
      sum += -10 * log10(errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count))
    }
    return sum / Double(pairs.count)
  }

  @Test func aNotFiniteLossStopsTheRunAndNamesItsOrigin() throws {
    let folder = try TemporaryFolder()
    let run = try ProgramRun(
      "srdist", arguments(folder, "run", ["--learning-rate", "1e30", "--threads", "2"]))
    #expect(run.status == 1)
    #expect(run.errors.contains("is not finite for training image"), "\(run.errors)")
    #expect(run.errors.contains("the first layer with such a result is"), "\(run.errors)")
  }

  @Test func debugChecksGradientsAndTimesLayers() throws {
    let folder = try TemporaryFolder()
    let run = try ProgramRun("srdist", arguments(folder, "run", ["--debug", "--synthetic-train", "8"]))
    try #require(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("by finite differences"))
    #expect(run.errors.contains("upsample.1.block.0"))
  }
}
