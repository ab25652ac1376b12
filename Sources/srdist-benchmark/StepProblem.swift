import SRKernels
import SRLayers
import SRLosses
import SRModels
import SROptimizers
import SRTensor

/// A part of a network's training step on one core: the passes of a group of images, or the work that a step does once.
struct StepProblem: Problem {
  enum Part: CustomStringConvertible {
    case images(Int)
    case preparation
    case update

    var description: String {
      switch self {
      case .images(let count):
        (count == 1 ? "one image" : "\(count) images together") + ": forward, loss charbonnier, backward"
      case .preparation: "weights brought into the kernels' form"
      case .update: "Adam"
      }
    }
  }

  let part: Part
  var model = ModelDescription.attention

  static var all: [any Problem] {
    [.images(1), .images(4), .preparation, .update].map { StepProblem(part: $0) }
      + [.images(1), .images(4), .preparation].map { StepProblem(part: $0, model: .compact) }
      + [ModelDescription.attention, .compact].flatMap { model in
        [1, 4, 8].map { channels in
          var model = model
          (model.inputChannels, model.outputChannels) = (channels, channels)
          return StepProblem(part: .images(1), model: model)
        }
      }
  }

  var subject: String {
    let name = model.name == "attention" ? "SE-SRResNet step" : "\(model.name) step"
    return model.inputChannels == 3 ? name : "\(name), channels: \(model.inputChannels)"
  }
  var size: String { "32x32 to 128x128" }
  var pass: String { part.description }
  var tolerance: Double {
    switch part {
    case .images: 1e-2
    case .preparation, .update: 1e-5
    }
  }

  func makeRun(kernels: any KernelSet) -> any ProblemRun { StepRun(part, model, kernels: kernels) }
}

/// The images' passes are verified by the slope along the gradient, and Adam by its formula.
private struct StepRun: ProblemRun {
  private let part: StepProblem.Part
  private let plan: any SuperResolutionPlan
  private let parameters: ParameterArena
  private let gradients: [ParameterArena]
  private let prepared: AlignedBuffer
  private let workspace: NetworkWorkspace
  private let adam: Adam
  private let loss: any Loss
  private let group: Int
  /// The same pair for each image of the group.
  private let lowRes: AlignedBuffer
  private let highRes: AlignedBuffer
  private let gradientSuperRes: AlignedBuffer

  init(_ part: StepProblem.Part, _ model: ModelDescription, kernels: any KernelSet) {
    self.part = part
    var layout = ParameterLayout()
    let network = model.network(in: &layout)
    plan = network.plan(lowResHeight: 32, lowResWidth: 32, purpose: .training, kernels: kernels)
    parameters = ParameterArena(layout: layout)
    if case .images(let count) = part { group = count } else { group = 1 }
    gradients = (0..<group).map { [layout] _ in ParameterArena(layout: layout) }
    prepared = AlignedBuffer(count: plan.preparedCount)
    workspace = NetworkWorkspace(for: plan, images: group)
    adam = Adam(layout: layout, kernels: kernels)
    guard let loss = LossKind.named("charbonnier")?.pixelLoss(kernels: kernels) else {
      preconditionFailure("there is no loss charbonnier")
    }
    self.loss = loss
    var operands = RandomOperands(seed: 4)
    lowRes = operands.uniform(plan.lowResShape.count, from: 0, to: 1)
    highRes = operands.uniform(plan.highResShape.count, from: 0, to: 1)
    gradientSuperRes = AlignedBuffer(count: plan.highResShape.count)
    network.initialize(parameters, as: .pytorch, seed: 5)
    plan.prepare(parameters, into: prepared, forBackward: true)
    // This gives Adam the gradient of an image.
    run(group: group)
  }

  var algorithm: String { "-" }
  var directFLOPs: Int? {
    if case .images = part { group * 3 * plan.forwardFLOPs } else { nil }
  }
  var bytesMoved: Int? {
    let size = MemoryLayout<Float>.stride
    return switch part {
    case .images: nil
    case .preparation: (parameters.count + prepared.count) * size
    // Weights and both moments are read and written. The gradient is only read.
    case .update: 7 * parameters.count * size
    }
  }

  func run() {
    switch part {
    case .images: run(group: group)
    case .preparation: plan.prepare(parameters, into: prepared, forBackward: true)
    case .update: update()
    }
  }

  func relativeError() -> Double? {
    switch part {
    case .images:
      // The gradient of the last image: it must be the same as if the image were alone.
      let error = slopeError(gradient: gradients[group - 1].buffer, origin: parameters.buffer) { moved in
        let arena = ParameterArena(layout: parameters.layout)
        arena.buffer.copy(from: moved)
        plan.prepare(arena, into: prepared, forBackward: true)
        return value(of: arena)
      }
      plan.prepare(parameters, into: prepared, forBackward: true)
      return error
    case .preparation: return nil
    case .update:
      let before = parameters.buffer.values.map(Double.init)
      update()
      // The moments start at zero, so the corrected moments of the first step are g and g^2.
      let expected = zip(before, gradients[0].buffer.values).map { weight, gradient in
        weight - 1e-3 * Double(gradient) / (abs(Double(gradient)) + 1e-8)
      }
      return srdist_benchmark.relativeError(parameters.buffer.values, expected)
    }
  }

  private func update() {
    adam.update(
      parameters, gradients: gradients[0].buffer, learningRate: 1e-3, step: 1, range: 0..<parameters.count)
  }

  private func run(group count: Int) {
    let images = (0..<count).map { pass(image: $0, parameters, gradients: gradients[$0].pointer) }
    plan.forwardBody(images)
    for image in images {
      let superRes = plan.forwardTail(image)
      _ = value(of: superRes)
      plan.backwardTail(image, gradientSuperRes: gradientSuperRes.pointer) { _ in }
    }
    plan.backwardBody(images) { _, _ in }
  }

  private func value(of parameters: ParameterArena) -> Double {
    let image = pass(image: 0, parameters, gradients: nil)
    plan.forwardBody([image])
    return value(of: plan.forwardTail(image))
  }

  private func value(of superRes: UnsafePointer<Float>) -> Double {
    gradientSuperRes.zero()
    let pair = ImagePair(
      superRes: superRes, highRes: highRes.pointer, shape: plan.highResShape,
      gradient: gradientSuperRes.pointer)
    return loss.evaluate([pair], weight: 1, scratch: gradientSuperRes.pointer)[0]
  }

  private func pass(
    image index: Int, _ parameters: ParameterArena, gradients: UnsafeMutablePointer<Float>?
  ) -> ImagePass {
    plan.pass(
      image: index, lowRes: lowRes.pointer, parameters: parameters, prepared: prepared,
      gradients: gradients, workspace: workspace)
  }
}
