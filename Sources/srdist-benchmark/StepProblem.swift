import SRKernels
import SRLayers
import SRLosses
import SRModels
import SROptimizers
import SRTensor

/// A part of SE-SRResNet's training step on one core: one image's passes, or what a step does once.
struct StepProblem: Problem {
  enum Part: String, CaseIterable {
    case image = "one image: forward, loss charbonnier, backward"
    case preparation = "weights brought into the kernels' form"
    case update = "Adam"
  }

  let part: Part

  static var all: [any Problem] { Part.allCases.map { StepProblem(part: $0) } }

  var subject: String { "SE-SRResNet step" }
  var size: String { "32x32 to 128x128" }
  var pass: String { part.rawValue }
  var tolerance: Double {
    switch part {
    case .image: 1e-2
    case .preparation, .update: 1e-5
    }
  }

  func makeRun(kernels: any KernelSet) -> any ProblemRun { StepRun(part, kernels: kernels) }
}

/// The image's passes are verified by the slope along the gradient, Adam by its formula.
private struct StepRun: ProblemRun {
  private let part: StepProblem.Part
  private let model: SRResNet
  private let parameters: ParameterArena
  private let gradients: ParameterArena
  private let prepared: AlignedBuffer
  private let workspace: SRResNetWorkspace
  private let adam: Adam
  private let loss: CharbonnierLoss
  private let lowRes: AlignedBuffer
  private let highRes: AlignedBuffer
  private let gradientSuperRes: AlignedBuffer

  init(_ part: StepProblem.Part, kernels: any KernelSet) {
    self.part = part
    model = SRResNet(.attention, lowResHeight: 32, lowResWidth: 32, kernels: kernels)
    parameters = ParameterArena(layout: model.layout)
    gradients = ParameterArena(layout: model.layout)
    prepared = AlignedBuffer(count: model.preparedCount)
    workspace = SRResNetWorkspace(for: model)
    adam = Adam(layout: model.layout, kernels: kernels)
    loss = CharbonnierLoss(kernels: kernels)
    var operands = RandomOperands(seed: 4)
    lowRes = operands.uniform(32 * 32 * 3, from: 0, to: 1)
    highRes = operands.uniform(128 * 128 * 3, from: 0, to: 1)
    gradientSuperRes = AlignedBuffer(count: 128 * 128 * 3)
    model.initialize(parameters, as: .pytorch, seed: 5)
    model.prepare(parameters, into: prepared, forBackward: true)
    // Adam has the gradient of an image to work with.
    _ = value(of: parameters)
    backward()
  }

  var algorithm: String { "-" }
  var directFLOPs: Int? { part == .image ? 3 * model.forwardFLOPs : nil }
  var bytesMoved: Int? {
    let size = MemoryLayout<Float>.stride
    return switch part {
    case .image: nil
    case .preparation: (parameters.count + prepared.count) * size
    // Weights and both moments are read and written, the gradient is read.
    case .update: 7 * parameters.count * size
    }
  }

  func run() {
    switch part {
    case .image:
      _ = value(of: parameters)
      backward()
    case .preparation: model.prepare(parameters, into: prepared, forBackward: true)
    case .update: update()
    }
  }

  func relativeError() -> Double? {
    switch part {
    case .image:
      let error = slopeError(gradient: gradients.buffer, origin: parameters.buffer) { moved in
        let arena = ParameterArena(layout: model.layout)
        arena.buffer.copy(from: moved)
        model.prepare(arena, into: prepared, forBackward: true)
        return value(of: arena)
      }
      model.prepare(parameters, into: prepared, forBackward: true)
      return error
    case .preparation: return nil
    case .update:
      let before = parameters.buffer.values.map(Double.init)
      update()
      // From zero moments, the corrected ones of the first step are g and g^2.
      let expected = zip(before, gradients.buffer.values).map { weight, gradient in
        weight - 1e-3 * Double(gradient) / (abs(Double(gradient)) + 1e-8)
      }
      return srdist_benchmark.relativeError(parameters.buffer.values, expected)
    }
  }

  private func update() {
    adam.update(
      parameters, gradients: gradients.buffer, learningRate: 1e-3, step: 1, range: 0..<parameters.count)
  }

  /// The loss of the image, whose activations stay in the workspace.
  private func value(of parameters: ParameterArena) -> Double {
    let superRes = model.forward(
      lowRes: lowRes.pointer, workspace: workspace, context: context(parameters, gradients: nil))
    gradientSuperRes.zero()
    return loss.evaluate(
      superRes: superRes, highRes: highRes.pointer, height: 128, width: 128, weight: 1,
      gradient: gradientSuperRes.pointer, scratch: gradientSuperRes.pointer)
  }

  private func backward() {
    model.backward(
      lowRes: lowRes.pointer, gradientSuperRes: gradientSuperRes.pointer, workspace: workspace,
      context: context(parameters, gradients: gradients.pointer), gradientsFinal: { _ in })
  }

  private func context(_ parameters: ParameterArena, gradients: UnsafeMutablePointer<Float>?) -> LayerContext
  {
    model.context(parameters: parameters, prepared: prepared, gradients: gradients, workspace: workspace)
  }
}
