import Foundation
import SRCheckpoint
import SRModels
import SRTensor
import SRTestSupport
import Testing

/// SRResNet at scale 3, which has one pixel shuffle by three. `PyTorchAgreementTests` compare it with PyTorch.
@Suite struct ScaleThreeTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    let pairs = ArrayPairs(SampleScale(.uint8), channels: 3, scale: 3, side: 36)
    try pairs.writeFaces(train: 5, valid: 2, to: folder.path)
  }

  private func train(_ output: String, ranks: Int? = nil, _ options: [String]) throws -> ProgramRun {
    let run = try ProgramRun(
      ranks: ranks, "srdist",
      [
        "train", "--model", "attention", "--features", "16", "--blocks", "1", "--output", folder.file(output),
        "--weights-dir", folder.path, "--samples", "1", "--batch-size", "4", "--loss", "mse=1", "--threads",
        "1", "--epochs", "2",
      ] + options)
    try #require(run.status == 0, "\(output): \(run.errors)")
    return run
  }

  private func hash(_ output: String) throws -> String {
    weightsSHA256(try TrainedNetwork(folder.file(output)).weights)
  }

  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func anyNumberOfRanksAndAnyInterruptionGiveTheSameBits() throws {
    let data = ["--data", folder.path]
    _ = try train("alone", data)
    for ranks in [2, 4] {
      _ = try train("ranks\(ranks)", ranks: ranks, data)
      #expect(try hash("ranks\(ranks)") == hash("alone"), "\(ranks) ranks")
    }
    _ = try train("interrupted", data + ["--max-steps", "3", "--checkpoint-every", "1"])
    _ = try train("interrupted", data)
    #expect(try hash("interrupted") == hash("alone"))
    let shown = try ProgramRun("srdist", ["inspect", folder.file("alone/checkpoints/best")])
    #expect(shown.output.contains("srresnet x3, 16 features, 1 blocks"), "\(shown.output)")
  }

  /// All but the upsampling fits: its convolution has another number of outputs, and keeps its initial values.
  @Test func weightsOfScale4StartIt() throws {
    _ = try train("four", ["--synthetic-train", "4", "--synthetic-valid", "2", "--max-steps", "1"])
    let run = try train(
      "three",
      ["--data", folder.path, "--init-weights", folder.file("four"), "--no-strict", "--max-steps", "1"])
    #expect(run.errors.contains("upsample.0.block.0.weight"), "\(run.errors)")
    #expect(run.errors.contains("% of the network's parameters are taken"), "\(run.errors)")
    #expect(try TrainedNetwork(folder.file("three")).model.scale == 3)
  }
}
