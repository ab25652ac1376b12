import SRCheckpoint
import SRKernelDispatch
import SRLayers
import SRModels
import SRTensor
import SRTestSupport

/// Small networks of every scale, with random weights, and what srdist computes with them.
enum SampleNetworks {
  static let all: [ModelDescription] = ofEveryScale + ofOtherChannels

  private static let ofEveryScale: [ModelDescription] = [
    .vanilla, ModelDescription(attention: .squeezeExcitation(reduction: 8)), .compact,
  ].flatMap { model in model.architecture.scales.map { small(model, scale: $0) } }

  private static let ofOtherChannels: [ModelDescription] = [
    small(.vanilla, scale: 2, channels: 1, 1), small(.vanilla, scale: 3, channels: 4, 3),
    small(.compact, scale: 3, channels: 1, 1), small(.compact, scale: 4, channels: 8, 8),
  ]

  private static func small(
    _ model: ModelDescription, scale: Int, channels inputs: Int = 3, _ outputs: Int = 3
  ) -> ModelDescription {
    var model = model
    (model.scale, model.features, model.blocks) = (scale, 16, 2)
    (model.inputChannels, model.outputChannels) = (inputs, outputs)
    return model
  }

  /// A network whose weights are all different.
  static func network(_ model: ModelDescription, in folder: TemporaryFolder) throws -> TrainedNetwork {
    var layout = ParameterLayout()
    let network = model.network(in: &layout)
    let weights = ParameterArena(layout: layout)
    network.initialize(weights, as: .pytorch, seed: 18)
    for (position, entry) in layout.entries.enumerated()
    where entry.shape.count == 1 && entry.name.hasSuffix(".weight") {
      // PyTorch's slopes are all 0.25.
      weights.setTensor(entry, to: (0..<entry.count).map { 0.1 + 0.05 * Float((position + 3 * $0) % 7) })
    }
    try saveParameters(weights, to: folder.file("start.safetensors"))
    return try TrainedNetwork(folder.file("start.safetensors"))
  }

  /// A picture, [height, width, channels] of 0...1.
  static func picture(height: Int, width: Int, channels: Int) -> [Float] {
    var generator = PhiloxGenerator(seed: 5, stream: 1)
    return (0..<height * width * channels).map { _ in generator.uniform() }
  }

  /// What the network makes of the picture: [scale height, scale width, channels].
  static func enlarged(_ network: TrainedNetwork, _ picture: [Float], height: Int, width: Int) -> [Float] {
    var layout = ParameterLayout()
    let plan = network.model.network(in: &layout).plan(
      lowResHeight: height, lowResWidth: width, purpose: .inference,
      kernels: CPULevel.supported().last!.kernels)
    let prepared = AlignedBuffer(count: plan.preparedCount)
    plan.prepare(network.weights, into: prepared, forBackward: false, part: 0, of: 1)
    let workspace = NetworkWorkspace(for: plan, images: 1)
    return withExtendedLifetime((workspace, prepared)) {
      picture.withUnsafeBufferPointer { pixels in
        let pass = plan.pass(
          lowRes: pixels.baseAddress!, parameters: network.weights, prepared: prepared, gradients: nil,
          workspace: workspace)
        plan.forwardBody([pass])
        return Array(
          UnsafeBufferPointer(
            start: plan.forwardTail(pass), count: plan.highResShape.count))
      }
    }
  }
}
