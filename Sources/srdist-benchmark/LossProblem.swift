import SRKernels
import SRLosses
import SRTensor

/// Value and gradient of a loss term on one image pair, or on several pairs that are compared together.
struct LossProblem: Problem {
  let kind: LossKind
  let pairs: Int

  /// Height and width of the images.
  static let side = 128
  static var all: [any Problem] {
    LossKind.all.map { LossProblem(kind: $0, pairs: 1) }
      + LossKind.all.filter { ["vgg", "lpips_vgg"].contains($0.name) }.map { LossProblem(kind: $0, pairs: 4) }
  }

  var subject: String { "loss \(kind)" }
  var size: String { "\(Self.side)x\(Self.side) RGB" }
  var pass: String { (pairs == 1 ? "" : "\(pairs) pairs together: ") + "value and gradient" }
  /// Slopes are measured in single precision over many kinks.
  var tolerance: Double { kind.formula == nil ? 1e-2 : 1e-4 }

  func makeRun(kernels: any KernelSet) -> any ProblemRun {
    if let formula = kind.formula, let loss = kind.pixelLoss(kernels: kernels) {
      return PixelLossRun(formula, LossOperands(loss))
    }
    return PerceptualLossRun(kind, pairs: pairs, kernels: kernels)
  }
}

/// A loss with several copies of one image pair, and room for the gradient of the last one.
struct LossOperands {
  let loss: any Loss
  let superRes: AlignedBuffer
  let highRes: AlignedBuffer
  let lowRes: AlignedBuffer
  let gradient: AlignedBuffer
  private let otherGradients: [AlignedBuffer]
  private let scratch: AlignedBuffer

  static let shape = ImageShape(height: LossProblem.side, width: LossProblem.side)
  static let scale = 4

  init(_ loss: any Loss, pairs: Int = 1) {
    let side = LossProblem.side
    var operands = RandomOperands(seed: 2)
    self.loss = loss
    superRes = operands.uniform(side * side * 3, from: 0, to: 1)
    highRes = operands.uniform(side * side * 3, from: 0, to: 1)
    lowRes = operands.uniform(side * side * 3 / (Self.scale * Self.scale), from: 0, to: 1)
    gradient = AlignedBuffer(count: side * side * 3)
    otherGradients = (1..<pairs).map { _ in AlignedBuffer(count: side * side * 3) }
    scratch = AlignedBuffer(count: loss.scratchCount(Self.shape))
  }

  /// The loss of `image`, or of the super-resolved image if it is nil. Adds the gradient if `addingGradient` is true.
  @discardableResult
  func evaluate(_ image: AlignedBuffer? = nil, addingGradient: Bool) -> Double {
    let values = loss.evaluate(
      (otherGradients + [gradient]).map {
        ImagePair(
          superRes: (image ?? superRes).pointer, highRes: highRes.pointer, shape: Self.shape,
          lowRes: .init(lowRes.pointer, scale: Self.scale),
          gradient: addingGradient ? $0.pointer : nil)
      }, weight: 1, scratch: scratch.pointer)
    return values[values.count - 1]
  }
}
