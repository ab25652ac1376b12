import SRInference
import SRKernelDispatch
import SRKernels
import SRLayers
import SRModels
import SRProcess
import SRTensor

/// A network with random weights.
struct SampleInference {
  let model: ModelDescription
  let network: any SuperResolutionNetwork
  let weights: ParameterArena

  init(_ model: ModelDescription, seed: UInt64 = 3) {
    var layout = ParameterLayout()
    self.model = model
    network = model.network(in: &layout)
    weights = ParameterArena(layout: layout)
    network.initialize(weights, as: .pytorch, seed: seed)
    // Other slopes than the initial one, each its own.
    let slopes = layout.entries.filter { $0.shape.count == 1 && $0.name.hasSuffix(".weight") }
    for (index, entry) in slopes.enumerated() {
      weights.setTensor(entry, to: (0..<entry.count).map { 0.1 + 0.01 * Float(index + $0) })
    }
  }

  static func model(
    scale: Int = 4, features: Int = 16, blocks: Int = 2, attention: ModelDescription.Attention
  ) -> ModelDescription {
    var model = ModelDescription(attention: attention)
    (model.scale, model.features, model.blocks) = (scale, features, blocks)
    return model
  }

  /// A network of images of other channels than RGB's.
  static func model(scale: Int, channels: Int, _ outputs: Int? = nil) -> ModelDescription {
    var model = model(scale: scale, blocks: 1, attention: .squeezeExcitation(reduction: 16))
    (model.inputChannels, model.outputChannels) = (channels, outputs ?? channels)
    return model
  }

  static func compact(scale: Int, features: Int = 16, convolutions: Int = 3) -> ModelDescription {
    var model = ModelDescription.compact
    (model.scale, model.features, model.blocks) = (scale, features, convolutions)
    return model
  }

  static func picture(height: Int, width: Int, channels: Int = 3) -> [Float] {
    var generator = PhiloxGenerator(seed: 17, stream: 1)
    return (0..<height * width * channels).map { _ in generator.uniform() }
  }

  func inference(
    _ level: CPULevel, threads: Int, pooling: NetworkInference.Pooling = .global, memory: Int? = nil
  ) throws -> NetworkInference {
    NetworkInference(
      model, graph: network.graph, weights: weights, pooling: pooling, memory: memory, kernels: level.kernels,
      pool: try WorkerPool(count: threads))
  }

  /// The result of the plan that validation and training use, which takes the image as a whole.
  func wholeImage(_ picture: [Float], height: Int, width: Int, _ level: CPULevel) throws -> [Float] {
    let plan = network.plan(
      lowResHeight: height, lowResWidth: width, purpose: .inference, kernels: level.kernels)
    let prepared = AlignedBuffer(count: plan.preparedCount)
    plan.prepare(weights, into: prepared, forBackward: false)
    let workspace = NetworkWorkspace(for: plan, images: 1)
    return picture.withUnsafeBufferPointer { pixels in
      let pass = plan.pass(
        lowRes: pixels.baseAddress!, parameters: weights, prepared: prepared, gradients: nil,
        workspace: workspace)
      plan.forwardBody([pass])
      return withExtendedLifetime((workspace, prepared)) {
        Array(UnsafeBufferPointer(start: plan.forwardTail(pass), count: plan.highResShape.count))
      }
    }
  }
}

extension NetworkInference {
  /// The whole result. The strips must be its rows, in order.
  func enlarge(_ picture: [Float], height: Int, width: Int) throws -> (values: [Float], strips: Int) {
    var values: [Float] = []
    var (next, strips) = (0, 0)
    let rowCount = width * model.scale * model.outputChannels
    try enlarge(picture, height: height, width: width) { rows, strip in
      guard rows.lowerBound == next else { throw StripOrder(expected: next, found: rows.lowerBound) }
      next = rows.upperBound
      strips += 1
      values += UnsafeBufferPointer(start: strip, count: rows.count * rowCount)
    }
    return (values, strips)
  }

  struct StripOrder: Error {
    let expected: Int
    let found: Int
  }
}
