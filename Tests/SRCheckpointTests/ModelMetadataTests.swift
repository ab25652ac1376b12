import Foundation
import SRCheckpoint
import SRModels
import SRTensor
import SRTestSupport
import Testing

/// Weight files and checkpoints describe the network that they belong to.
@Suite struct ModelMetadataTests {
  private static var small: ModelDescription {
    var model = ModelDescription(attention: .squeezeExcitation(reduction: 8))
    (model.scale, model.features, model.blocks) = (2, 16, 2)
    return model
  }

  private func arena(_ model: ModelDescription) -> ParameterArena {
    var layout = ParameterLayout()
    _ = model.network(in: &layout)
    return SampleArenas.arena(seed: 3, layout: layout)
  }

  private func contents(_ model: ModelDescription) -> CheckpointContents {
    var contents = SampleArenas.contents(step: 9)
    (contents.weights, contents.firstMoment) = (arena(model), arena(model))
    (contents.secondMoment, contents.averagedWeights) = (arena(model), arena(model))
    contents.state.model = model
    return contents
  }

  @Test func everyFileOfACheckpointDescribesTheNetwork() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try CheckpointDirectory.write(contents(Self.small), to: folder.file("c"))
    let state = try checkpoint.verify()
    #expect(state.model == Self.small)
    #expect(try checkpoint.modelDescription(state) == Self.small)
    for name in ["model", "optimizer", "ema"] {
      let file = try SafetensorsFile(path: checkpoint.file("\(name).safetensors"))
      #expect(try file.modelDescription() == Self.small)
      #expect(file.metadata["format"] == "pt" && file.metadata["step"] == "9")
    }
    for path in [checkpoint.path, checkpoint.file("ema.safetensors")] {
      let inspection = try Inspection(path: path)
      #expect(inspection.model == Self.small)
      #expect(inspection.text.contains("srresnet x2, 16 features, 2 blocks, attention se(8)"))
    }
  }

  /// PyTorch writes such files. So did versions that did not record the network in checkpoints.
  @Test func filesWithoutADescriptionAreToldByTheirTensors() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("w.safetensors")
    try saveParameters(arena(Self.small), to: path)
    #expect(try SafetensorsFile(path: path).modelDescription() == Self.small)

    var old = contents(Self.small)
    old.state.model = nil
    let checkpoint = try CheckpointDirectory.write(old, to: folder.file("run/checkpoints/best"))
    #expect(try checkpoint.modelDescription(checkpoint.verify()) == Self.small)
    #expect(try Inspection(path: folder.file("run")).model == Self.small)
  }

  @Test(arguments: [
    ("{\"architecture\":\"swinir\"}", "swinir"), ("{\"architecture\":\"compact\"}", "no scale"),
    ("{\"architecture\":\"srresnet\"}", "no scale"),
    ("nonsense", "JSON"), ("[]", "xpected"), ("null", "metadata key"),
    ("{\"architecture\":null}", "metadata key"),
    ("{\"architecture\":\"srresnet\",\"scale\":\"4\"}", "xpected"),
  ])
  func descriptionsThatCannotBeReadAreRefused(_ metadata: String, _ reason: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("w.safetensors")
    try saveParameters(arena(Self.small), to: path, metadata: ["metadata": metadata])
    let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: path).modelDescription() }
    let text = error?.description ?? ""
    #expect(
      text.hasPrefix("\(path): is not a weight file of a network that srdist knows") && text.contains(reason),
      "\(text)")
    #expect(try Inspection(path: path).model == nil)
  }

  @Test func weightsOfNoKnownNetworkAreNone() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("w.safetensors")
    try saveParameters(SampleArenas.arena(seed: 1), to: path)
    #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: path).modelDescription() }
    let inspection = try Inspection(path: path)
    #expect(inspection.model == nil && inspection.problems.isEmpty)
  }
}
