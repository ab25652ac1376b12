import Foundation
import SRCheckpoint
import SRData
import SRModels
import SRReport
import SRTensor
import SRTestSupport
import Testing

/// `--model compact`: what is particular to it. `PyTorchAgreementTests` compare it with PyTorch.
@Suite struct CompactModelTests {
  private static func arguments(_ output: String, _ options: [String]) -> [String] {
    [
      "train", "--model", "compact", "--output", output, "--weights-dir", output, "--samples", "1",
      "--features", "16", "--blocks", "3",
    ] + options
  }

  /// Pairs of scale 3. 5 pairs make batches of 4 and 1.
  private func writePairs(to folder: TemporaryFolder) throws -> [String] {
    let (height, width, scale) = (9, 7, 3)
    for (split, count) in [("train", 5), ("valid", 2)] {
      let low = try NumPyWriter(path: folder.file("lr_\(split).npy"), shape: [count, height, width, 3])
      let high = try NumPyWriter(
        path: folder.file("hr_\(split).npy"), shape: [count, height * scale, width * scale, 3])
      for k in 0..<count {
        let picture = Formulas.pair(k, height: height * scale, width: width * scale).high
        try high.append(picture)
        // The middle pixel of each block.
        try low.append(
          (0..<height * width * 3).map { index in
            let (pixel, channel) = (index / 3, index % 3)
            let (row, column) = (pixel / width * scale + 1, pixel % width * scale + 1)
            return picture[(row * width * scale + column) * 3 + channel]
          })
      }
      _ = try (low.finish(), high.finish())
    }
    return [
      "--data", folder.path, "--batch-size", "4", "--loss", "mse=1", "--ema-decay", "0.5", "--threads", "1",
    ]
  }

  /// The best checkpoint's weights and averaged weights.
  private func weights(_ run: String) throws -> [Data] {
    try ["model", "ema"].map {
      try Data(contentsOf: URL(fileURLWithPath: "\(run)/checkpoints/best/\($0).safetensors"))
    }
  }

  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func anyNumberOfRanksAndAnyInterruptionGiveTheSameBits() throws {
    let folder = try TemporaryFolder()
    let data = try writePairs(to: folder) + ["--epochs", "2"]
    func train(_ name: String, ranks: Int? = nil, _ more: [String] = []) throws -> [Data] {
      let run = try ProgramRun(ranks: ranks, "srdist", Self.arguments(folder.file(name), data + more))
      try #require(run.status == 0, "\(name): \(run.errors)")
      return try weights(folder.file(name))
    }
    let alone = try train("alone")
    for ranks in 1...4 { #expect(try train("ranks\(ranks)", ranks: ranks) == alone, "\(ranks) ranks") }
    _ = try train("interrupted", ["--max-steps", "3", "--checkpoint-every", "1"])
    #expect(try train("interrupted") == alone)

    let best = folder.file("alone/checkpoints/best")
    let shown = try ProgramRun("srdist", ["inspect", best])
    #expect(shown.output.contains("compact x3, 16 features, 3 blocks\n"), "\(shown.output)")
    let measured = try ProgramRun(
      "srdist",
      ["evaluate", "--weights", best, "--data", folder.path, "--json", "--weights-dir", folder.path])
    #expect(measured.status == 0 && measured.output.contains("\"model\" : \"compact\""), "\(measured.errors)")
  }

  /// Faces that the network has not seen, after two passes over 96 others.
  @Test func twoEpochsBeatBicubic() throws {
    let folder = try TemporaryFolder()
    let run = try ProgramRun(
      "srdist",
      Self.arguments(
        folder.file("run"),
        ["--synthetic-train", "96", "--synthetic-valid", "16", "--epochs", "2", "--learning-rate", "2e-3"]))
    try #require(run.status == 0, "\(run.errors)")
    let epochs = try MetricsFile.read(folder.file("run/metrics.jsonl")).compactMap { line in
      if case .epoch(let record) = line { record } else { nil }
    }
    let last = try #require(epochs.last)
    let (found, bicubic) = (last[.valid, "psnr"] ?? .nan, last[.bicubic, "psnr"] ?? .nan)
    #expect(epochs.count == 2 && found > bicubic, "\(found) dB, bicubic \(bicubic) dB")
  }

  @Test func optionsAndWeightsThatDoNotFitAreNamed() throws {
    let folder = try TemporaryFolder()
    func error(_ options: [String]) throws -> String {
      let run = try ProgramRun("srdist", Self.arguments(folder.file("run"), options))
      #expect(run.status == 1, "\(run.errors)")
      return run.errors
    }
    let attention = try error(["--attention", "se"])
    #expect(attention.contains("no place for se(16); leave out --attention"), "\(attention)")
    let faces = try error(["--scale", "3"])
    #expect(faces.contains("synthetic faces cannot be reduced by 3"), "\(faces)")

    // A file of another program tells its network by its tensors.
    var layout = ParameterLayout()
    var model = ModelDescription.compact
    (model.features, model.blocks) = (32, 2)
    let network = model.network(in: &layout)
    let parameters = ParameterArena(layout: layout)
    network.initialize(parameters, as: .pytorch, seed: 1)
    let weights = folder.file("plain.safetensors")
    try saveParameters(parameters, to: weights)
    let other = try error(["--init-weights", weights])
    #expect(other.contains("--model compact --features 32 --blocks 2, "), "\(other)")
    let architecture = try error(["--init-weights", weights, "--model", "vanilla"])
    #expect(architecture.contains("architecture: compact in"), "\(architecture)")
  }
}
