import Foundation
import SRCheckpoint
import SRKernelDispatch
import SRLosses
import SRModels
import SRReport
import SRTensor
import SRTestSupport
import Testing

/// Runs whose perceptual terms are scaled to weigh as much as over torchvision's VGG16. The networks have random weights.
@Suite struct TrunkBalanceTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try SmallPairs.write(to: folder, count: 10)
    for name in ["caffe", "twice", "torchvision"] { try folder.makeFolder(name) }
    let caffe = "vgg16-caffe-features"
    try writeTrunk("caffe/\(caffe)", scale: 1)
    try writeTrunk("twice/\(caffe)", scale: 2)
    try writeTrunk("torchvision/vgg16-torchvision-features", scale: 1)
  }

  /// Random weights of VGG16 without biases. Its features are proportional to the first layer's weights.
  private func writeTrunk(_ name: String, scale: Float) throws {
    _ = try FeatureNetwork(
      VGGLoss.defaultArchitecture, imageHeight: 32, imageWidth: 32, kernels: CPULevel.selected().kernels
    ) { trunk in
      for (index, entry) in trunk.layout.entries.enumerated() {
        guard entry.shape.count == 4 else { continue }
        var generator = PhiloxGenerator(seed: 5, stream: UInt32(index))
        let bound = (6 / Float(entry.shape.dropFirst().reduce(1, *))).squareRoot() * (index == 0 ? scale : 1)
        trunk.setTensor(
          entry, to: (0..<entry.count).map { _ in (2 * generator.uniform() - 1) * bound })
      }
      try saveParameters(trunk, to: folder.file("\(name).safetensors"))
    }
  }

  private func run(_ output: String, over trunk: String, ranks: Int? = nil, _ more: [String]) throws
    -> ProgramRun
  {
    try ProgramRun(
      ranks: ranks, "srdist",
      [
        "train", "--model", "vanilla", "--blocks", "1", "--features", "16", "--loss",
        "mse=1,ssim=0.1,vgg=0.1",
        "--data", folder.path, "--weights-dir", folder.file(trunk), "--batch-size", "4", "--epochs", "2",
        "--cache-features", "off", "--samples", "0", "--no-tensorboard", "--output", folder.file(output),
      ] + more)
  }

  private func train(
    _ output: String, over trunk: String, ranks: Int? = nil, _ more: [String] = []
  ) throws -> (hash: String, epoch: EpochRecord, errors: String) {
    let run = try run(output, over: trunk, ranks: ranks, more)
    try #require(run.status == 0, "\(output): \(run.errors)")
    let epoch = try #require(try MetricsFile.epochs(folder.file("\(output)/metrics.jsonl")).last)
    return (try #require(epoch.weightsSHA256), epoch, run.errors)
  }

  private func factor(_ output: String) throws -> Double {
    let state = try CheckpointDirectory(existing: folder.file("\(output)/checkpoints/best")).verify()
    return try #require(state.trunkFactors?["vgg"])
  }

  /// Over a trunk whose features are twice as large, the term is four times as large, the factor a quarter, and the bits the same.
  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func theSizeOfATrunksFeaturesDoesNotMatter() throws {
    let first = try train("first", over: "caffe", ["--trunk-balance", "on", "--threads", "1"])
    let second = try train("second", over: "twice", ranks: 3, ["--trunk-balance", "on", "--threads", "2"])
    #expect(try factor("first") == 4 * factor("second"))
    #expect(first.hash == second.hash)
    #expect(first.epoch.validTerms == second.epoch.validTerms)
    for errors in [first.errors, second.errors] {
      #expect(errors.components(separatedBy: "trunk balance: over bicubic images of the first ").count == 2)
      #expect(errors.components(separatedBy: "trunk balance: vgg is multiplied by ").count == 2)
    }
    // Without it, the term over the second trunk has another weight.
    let off = try train("off", over: "twice", ["--threads", "2"])
    #expect(off.hash != second.hash && off.errors.contains("with --trunk-balance on, it weighs as much"))

    // The factor is where weights are.
    let weights = try SafetensorsFile(path: folder.file("first/checkpoints/best/model.safetensors"))
    #expect(weights.metadata["trunk_balance"] == "vgg=\(try factor("first"))")
    let inspected = try ProgramRun("srdist", ["inspect", folder.file("first/checkpoints/best")])
    #expect(inspected.output.contains("trunk balance vgg="), "\(inspected.output)")
  }

  @Test func aResumedRunKeepsItsFactor() throws {
    let whole = try train("whole", over: "caffe", ["--trunk-balance", "on"])
    _ = try run(
      "halves", over: "caffe", ["--trunk-balance", "on", "--checkpoint-every", "1", "--max-steps", "2"])
    let rest = try train("halves", over: "caffe", ["--trunk-balance", "on"])
    #expect(rest.hash == whole.hash)
    #expect(try factor("halves") == factor("whole"))
    #expect(!rest.errors.contains("over bicubic images") && rest.errors.contains("vgg is multiplied by"))

    // The factor of the checkpoint counts, not one that is measured anew.
    let begun = folder.file("begun/checkpoints/step-00000002")
    _ = try run("begun", over: "caffe", ["--trunk-balance", "on", "--max-steps", "2"])
    try CheckpointRewriting.setState(of: begun, "trunk_factors", to: "{\"vgg\": 0.5}")
    let other = try train("begun", over: "caffe", ["--trunk-balance", "on"])
    #expect(try factor("begun") == 0.5)
    #expect(other.hash != whole.hash)

    for (factors, said) in [
      ("{\"vgg\": -1}", "trunk_factors is -1"), ("{}", "trunk_factors is for no term, expected vgg"),
    ] {
      let output = "bad\(factors.count)"
      _ = try run(output, over: "caffe", ["--trunk-balance", "on", "--max-steps", "2"])
      try CheckpointRewriting.setState(
        of: folder.file("\(output)/checkpoints/step-00000002"), "trunk_factors", to: factors)
      let refused = try run(output, over: "caffe", ["--trunk-balance", "on"])
      #expect(refused.status == 1 && refused.errors.contains(said), "\(refused.errors)")
    }
    let off = try run("halves", over: "caffe", ["--epochs", "3"])
    #expect(off.status == 1 && off.errors.contains("trunk-balance: on there, off here"), "\(off.errors)")
  }

  @Test func torchvisionsTrunkNeedsNoFactor() throws {
    let on = try train("on", over: "torchvision", ["--trunk-balance", "on"])
    let off = try train("off", over: "torchvision")
    #expect(
      on.hash == off.hash && !on.errors.contains("trunk balance") && !off.errors.contains("--trunk-balance"))
  }

  @Test(arguments: [["--vgg-input", "imagenet"], ["--vgg-criterion", "l1"], ["--vgg-layers", "relu2_2=1"]])
  func otherFormsOfATermAreRefused(_ form: [String]) throws {
    let refused = try run("refused", over: "caffe", ["--trunk-balance", "on"] + form)
    #expect(refused.status == 1 && refused.errors.contains("trunk-balance: it is known how much vgg weighs"))
    #expect(!FileManager.default.fileExists(atPath: folder.file("refused")))
    let dry = try run("refused", over: "torchvision", ["--trunk-balance", "on", "--dry-run"] + form)
    #expect(dry.status == 0, "\(dry.errors)")
  }

  @Test func aDryRunSaysTheFactor() throws {
    let dry = try run("dry", over: "caffe", ["--trunk-balance", "on", "--dry-run"])
    #expect(dry.status == 0 && dry.output.contains("vgg is multiplied by"), "\(dry.output)\(dry.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.file("dry")))
  }
}
