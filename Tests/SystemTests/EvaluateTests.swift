import Foundation
import SRCheckpoint
import SRData
import SRFiles
import SRKernelDispatch
import SRModels
import SRTensor
import SRTestSupport
import SRTraining
import Testing

@Suite struct EvaluateTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try SmallPairs.write(to: folder, count: 2)
  }

  /// Writes weights of the vanilla network that are all `value`, but one value of the tensor at `position`.
  private func writeWeights(_ value: Float, but other: Float? = nil, at position: Int = 0) throws
    -> ParameterLayout
  {
    var layout = ParameterLayout()
    _ = ModelDescription.vanilla.network(in: &layout)
    let parameters = ParameterArena(layout: layout)
    for (index, entry) in layout.entries.enumerated() {
      var values = [Float](repeating: value, count: entry.count)
      if index == position, let other { values[values.count - 1] = other }
      parameters.setTensor(entry, to: values)
    }
    try saveParameters(parameters, to: folder.file("w.safetensors"))
    return layout
  }

  private func evaluate(_ more: [String]) throws -> ProgramRun {
    try ProgramRun(
      "srdist",
      [
        "evaluate", "--weights", folder.file("w.safetensors"), "--data", folder.path, "--json",
        "--weights-dir", folder.file("none"),
      ] + more)
  }

  /// One value of one tensor is enough. The error names that tensor, and training from such weights is refused alike.
  @Test(arguments: [(Float.nan, 0), (.infinity, 7), (-.infinity, -1)])
  func weightsThatAreNotFiniteAreRefused(value: Float, position: Int) throws {
    var layout = ParameterLayout()
    _ = ModelDescription.vanilla.network(in: &layout)
    let index = position < 0 ? layout.entries.count - 1 : position
    _ = try writeWeights(0, but: value, at: index)
    let entry = layout.entries[index]
    let said =
      "\(folder.file("w.safetensors")): \(entry.name) holds values that are not finite: element \(entry.count - 1) of "
    let evaluation = try evaluate([])
    #expect(evaluation.status == 1 && evaluation.output.isEmpty)
    #expect(evaluation.errors.contains(said), "\(evaluation.errors)")
    let training = try ProgramRun(
      "srdist",
      [
        "train", "--model", "vanilla", "--loss", "mse=1", "--data", folder.path, "--weights-dir",
        folder.file("none"),
        "--output", folder.file("run"), "--init-weights", folder.file("w.safetensors"), "--batch-size", "2",
      ])
    #expect(training.status == 1 && training.errors.contains(said), "\(training.errors)")
  }

  /// Gates of an attention that has learned depend on the image; those of one with zero weights are 0.5.
  @Test func gatesTellHowFarAttentionDependsOnTheImage() throws {
    try SmallPairs.write(to: folder, count: 5)
    let training = try ProgramRun(
      "srdist",
      [
        "train", "--model", "attention", "--blocks", "2", "--features", "16", "--init", "pytorch", "--loss",
        "mse=1", "--data", folder.path, "--weights-dir", folder.file("none"), "--max-steps", "1", "--samples",
        "0", "--output", folder.file("run"),
      ])
    try #require(training.status == 0, "\(training.errors)")
    let arguments = [
      "evaluate", "--weights", folder.file("run"), "--data", folder.path, "--weights-dir",
      folder.file("none"),
      "--diagnose",
    ]
    let alone = try ProgramRun("srdist", arguments + ["--json", "--threads", "1"])
    try #require(alone.status == 0, "\(alone.errors)")
    let found = try #require(
      try ReadableJSON.decode(EvaluationRun.Result.self, from: alone.output.utf8).diagnosis)
    let gates = found.gates
    #expect(gates.map(\.layer) == ["res_blocks.0.attention", "res_blocks.1.attention"])
    for layer in gates {
      #expect(layer.mean > 0.2 && layer.mean < 0.8)
      #expect(layer.deviation > 0 && layer.deviation < layer.largestDeviation && layer.largestDeviation < 0.5)
    }
    if ProgramRun.launcher != nil {
      let ranks = try ProgramRun(ranks: 3, "srdist", arguments + ["--json", "--threads", "1"])
      #expect(ranks.output == alone.output, "\(ranks.errors)")
    }
    let table = try ProgramRun("srdist", arguments)
    #expect(table.output.contains("res_blocks.1.attention: gates of mean 0."), "\(table.output)")

    _ = try writeWeights(0)
    let none = try #require(
      try ReadableJSON.decode(EvaluationRun.Result.self, from: evaluate(["--diagnose"]).output.utf8).diagnosis
    )
    #expect(none.gates.isEmpty)
    // The result is black.
    let inputs = try NumPyPairDataset(directory: folder.path, split: .valid)
    let sums = (0..<inputs.count).reduce(0) { sum, index in
      sum + inputs.withPair(at: index) { low, _ in low.reduce(0) { $0 + Int($1) } }
    }
    let mean = Double(sums) / Double(inputs.count * inputs.lowResElementCount)
    #expect(abs(none.colourShift.reduce(0, +) / 3 + mean) < 1e-3)
    let recipe = try folder.write(Array("jpeg_range: [30, 95]\n".utf8), as: "recipe.yaml")
    for option in [["--diagnose"], ["--range", "0,255"], ["--degradation", recipe]] {
      let elsewhere = try evaluate(option + ["--eight-bit"])
      #expect(
        elsewhere.status == 64
          && elsewhere.errors.contains("\(option[0]) belongs to the measures of training"))
    }
  }

  @Test func deviationsAreThoseOfEachChannelOverTheImages() {
    let constant = GateStatistics(layer: "a", gates: [[0.25, 0.75], [0.25, 0.75]])
    #expect(constant.mean == 0.5 && constant.deviation == 0 && constant.largestDeviation == 0)
    let one = GateStatistics(layer: "a", gates: [[0.25, 0.5], [0.75, 0.5]])
    #expect(one.mean == 0.5 && one.deviation == 0.125 && one.largestDeviation == 0.25)
  }

  /// Each split can be measured without the other one.
  @Test(arguments: [("train", "valid"), ("valid", "train")])
  func oneSplitIsEnough(split: String, other: String) throws {
    _ = try writeWeights(0)
    let both = try evaluate(["--split", split])
    try #require(both.status == 0, "\(both.errors)")
    for file in ["lr_\(other).npy", "hr_\(other).npy"] {
      try FileManager.default.removeItem(atPath: folder.file(file))
    }
    let alone = try evaluate(["--split", split])
    #expect(alone.status == 0 && alone.output == both.output, "\(alone.errors)")
    let missing = try evaluate(["--split", other])
    #expect(missing.status == 1)
    #expect(missing.errors.contains("which --split \(split) measures"), "\(missing.errors)")
    try FileManager.default.removeItem(atPath: folder.file("hr_\(split).npy"))
    #expect(try evaluate(["--split", split]).errors.contains("hr_\(split).npy"))
  }

  /// Such weights lead to infinite images, so loss terms and metrics are not numbers. JSON has no number for such values.
  @Test func numbersThatAreNotFiniteArePrinted() throws {
    _ = try writeWeights(1e30)
    let evaluation = try evaluate([])
    #expect(evaluation.status == 1)
    #expect(
      evaluation.errors.contains("the network's results are not finite, so these numbers say nothing: "))
    let result = try ReadableJSON.decode(EvaluationRun.Result.self, from: evaluation.output.utf8)
    #expect(result.terms["mse"]?.isFinite == false && result.metrics["psnr"]?.isFinite == false)
    #expect(result.bicubic["psnr"]?.isFinite == true)
    let pictures = try evaluate(["--eight-bit"])
    #expect(pictures.status == 1 && pictures.errors.contains("not finite"), "\(pictures.errors)")
    #expect(pictures.output.contains("\"psnr\" : \"NaN\""), "\(pictures.output)")
  }
}
