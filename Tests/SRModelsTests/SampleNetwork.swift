import SRKernelDispatch
import SRKernels
import SRLayers
import SRModels
import SRTensor

/// A network, its layout, and a plan for one size of image.
struct SampleNetwork {
  let layout: ParameterLayout
  let network: any SuperResolutionNetwork
  let plan: any SuperResolutionPlan

  init(
    _ model: ModelDescription, height: Int, width: Int, purpose: LayerPlanner.Purpose = .training,
    behind others: ParameterLayout = ParameterLayout(), prefix: String = ""
  ) throws {
    var layout = others
    network = model.network(prefix: prefix, in: &layout)
    self.layout = layout
    plan = network.plan(
      lowResHeight: height, lowResWidth: width, purpose: purpose,
      kernels: try CPULevel.selected().kernels)
  }

  func parameters(_ initialization: WeightInitialization = .pytorch, seed: UInt64) -> ParameterArena {
    let parameters = ParameterArena(layout: layout)
    network.initialize(parameters, as: initialization, seed: seed)
    return parameters
  }

  func prepared(_ parameters: ParameterArena) -> AlignedBuffer {
    let prepared = AlignedBuffer(count: plan.preparedCount)
    plan.prepare(parameters, into: prepared, forBackward: plan.purpose == .training)
    return prepared
  }

  /// The super-resolved image.
  func superRes(of lowRes: AlignedBuffer, _ parameters: ParameterArena) -> [Float] {
    let (prepared, workspace) = (prepared(parameters), NetworkWorkspace(for: plan, images: 1))
    let image = plan.pass(
      lowRes: lowRes.pointer, parameters: parameters, prepared: prepared, gradients: nil,
      workspace: workspace)
    plan.forwardBody([image])
    let superRes = plan.forwardTail(image)
    return withExtendedLifetime((lowRes, prepared, workspace)) {
      Array(UnsafeBufferPointer(start: superRes, count: plan.highResShape.count))
    }
  }

  /// An image with uniform values in 0...1.
  static func image(seed: UInt64, count: Int) -> AlignedBuffer {
    var generator = PhiloxGenerator(seed: seed, stream: 9)
    let buffer = AlignedBuffer(count: count)
    for index in 0..<count { buffer.pointer[index] = generator.uniform() }
    return buffer
  }

  /// Small networks of other channels than RGB's.
  static let otherChannels: [ModelDescription] = [
    model(scale: 4).with(channels: 1), model(scale: 2).with(channels: 4, 3),
    model(scale: 3).with(channels: 1, 3),
    model(scale: 2, attention: .squeezeExcitation(reduction: 8)).with(channels: 8),
    model(scale: 1).with(channels: 20),
    compact(scale: 4).with(channels: 1), compact(scale: 2).with(channels: 4),
    compact(scale: 1).with(channels: 8),
  ]

  /// A small compact network of this scale.
  static func compact(scale: Int, features: Int = 32, blocks: Int = 3) -> ModelDescription {
    var model = ModelDescription.compact
    (model.scale, model.features, model.blocks) = (scale, features, blocks)
    return model
  }

  /// A small SRResNet of this scale.
  static func model(
    scale: Int, features: Int = 32, blocks: Int = 2, attention: ModelDescription.Attention = .none
  ) -> ModelDescription {
    var model = ModelDescription(attention: attention)
    (model.scale, model.features, model.blocks) = (scale, features, blocks)
    return model
  }
}

extension ModelDescription {
  /// The same network for images of other channels.
  func with(channels inputs: Int, _ outputs: Int? = nil) -> ModelDescription {
    var model = self
    (model.inputChannels, model.outputChannels) = (inputs, outputs ?? inputs)
    return model
  }
}
