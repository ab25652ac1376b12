import Foundation
import SRCheckpoint
import SRData
import SRKernelDispatch
import SRModels
import SRReport
import SRTensor
import SRTestSupport
import SRTraining
import Testing

/// The built program trains the real network. The results are compared with PyTorch in float64, from the same start.
@Suite struct PyTorchAgreementTests {
  @Test(
    arguments: ["vanilla", "attention", "compact", "vanilla-x3", "attention-x2", "compact-x3"],
    ["mse=1", "charbonnier=1", "ssim=1", "ssim_box=1", "edge=1"])
  func tenStepsAndEveryGradient(network: String, loss: String) throws {
    let fixture = try TrainingFixture(named: network)
    let model = try fixture.description()
    let expected = try #require(fixture.losses[loss])
    let folder = try TemporaryFolder()
    let layout = try write(fixture, to: folder)

    let run = try ProgramRun(
      "srdist",
      [
        "train", "--model", fixture.model, "--features", "\(model.features)", "--blocks", "\(model.blocks)",
        "--loss", loss, "--data", folder.path, "--init-weights",
        folder.file("start.safetensors"), "--no-shuffle", "--batch-size", "\(fixture.batchSize)",
        "--learning-rate", "\(fixture.learningRate)", "--max-steps", "\(expected.steps.count)",
        "--dump-gradients", folder.file("gradient.safetensors"), "--output", folder.file("run"),
        "--threads", "1", "--weights-dir", folder.path,
      ])
    try #require(run.status == 0, "\(run.errors)")

    let losses = try MetricsFile.read(folder.file("run/metrics.jsonl")).compactMap { line -> Double? in
      if case .step(let record) = line { return record.loss }
      return nil
    }
    try #require(losses.count == expected.steps.count)
    for (step, (found, wanted)) in zip(losses, expected.steps).enumerated() {
      #expect(abs(found - wanted) <= 5e-5 * abs(wanted), "step \(step + 1): \(found), PyTorch \(wanted)")
    }

    // The gradient of the one slope of a PReLU is one sum, which may cancel to any small number. So these slopes are judged as
    // one vector.
    let slopes = layout.entries.filter { $0.count == 1 }.compactMap { expected.gradients[$0.name] }
    let slopesNorm = slopes.reduce(0.0) { $0 + $1.norm * $1.norm }.squareRoot()
    let gradient = try SafetensorsFile(path: folder.file("gradient.safetensors"))
    for entry in layout.entries {
      let wanted = try #require(expected.gradients[entry.name])
      let values = try gradient.floats(named: entry.name)
      let tolerance = 1e-4 * (entry.count == 1 ? slopesNorm : wanted.norm)
      let norm = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(norm - wanted.norm) <= tolerance, "\(entry.name): norm \(norm), PyTorch \(wanted.norm)")
      let sums = Formulas.signedSums(entry.name, values, count: wanted.signedSums.count)
      let squares = zip(sums, wanted.signedSums).map { ($0 - $1) * ($0 - $1) }
      let error = (squares.reduce(0, +) / Double(squares.count)).squareRoot()
      #expect(
        error <= tolerance,
        "\(entry.name): off by \(error), allowed \(tolerance); PyTorch's float32 by \(wanted.float32Error) of the norm"
      )
      for (index, value) in wanted.elements {
        #expect(
          abs(Double(values[index]) - value) <= tolerance,
          "\(entry.name)[\(index)]: \(values[index]), PyTorch \(value)")
      }
    }
  }

  /// Writes pairs and initial weights, and returns the parameters' layout.
  private func write(_ fixture: TrainingFixture, to folder: TemporaryFolder) throws -> ParameterLayout {
    let (height, width) = (fixture.lowRes[0], fixture.lowRes[1])
    let model = try fixture.description()
    let (scale, inputs, outputs) = (model.scale, model.inputChannels, model.outputChannels)
    let channels = max(inputs, outputs)
    /// The first channels of each pixel.
    func first(_ count: Int, of picture: [UInt8]) -> [UInt8] {
      picture.enumerated().filter { $0.offset % channels < count }.map(\.element)
    }
    for split in ["train", "valid"] {
      let count = split == "train" ? fixture.pairs : 1
      let low = try NumPyWriter(path: folder.file("lr_\(split).npy"), shape: [count, height, width, inputs])
      let high = try NumPyWriter(
        path: folder.file("hr_\(split).npy"), shape: [count, scale * height, scale * width, outputs])
      for k in 0..<count {
        let pair = Formulas.pair(
          k, height: scale * height, width: scale * width, channels: channels, scale: scale)
        try low.append(first(inputs, of: pair.low))
        try high.append(first(outputs, of: pair.high))
      }
      _ = try (low.finish(), high.finish())
    }
    var layout = ParameterLayout()
    _ = model.network(in: &layout)
    let arena = ParameterArena(layout: layout)
    Formulas.fill(arena)
    try saveParameters(arena, to: folder.file("start.safetensors"))
    return layout
  }
}
