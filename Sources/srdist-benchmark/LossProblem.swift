import SRKernels
import SRLosses
import SRTensor

/// Value and gradient of a loss term on one image pair.
struct LossProblem: Problem {
  let kind: LossTerm.Kind

  /// Height and width of the images.
  static let side = 128
  static var all: [any Problem] { LossTerm.Kind.allCases.map { LossProblem(kind: $0) } }

  var subject: String { "loss \(kind.rawValue)" }
  var size: String { "\(Self.side)x\(Self.side) RGB" }
  var pass: String { "value and gradient" }
  var tolerance: Double {
    switch kind {
    case .mse, .charbonnier, .ssim, .ssimBox, .edge: 1e-4
    // Of a slope measured in single precision over many kinks.
    case .vgg, .lpipsVGG, .lpipsAlex, .lpipsSqueeze: 1e-2
    }
  }

  func makeRun(kernels: any KernelSet) -> any ProblemRun {
    if let loss = kind.pixelLoss(kernels: kernels) { return PixelLossRun(kind, LossOperands(loss)) }
    return PerceptualLossRun(kind, kernels: kernels)
  }
}

/// A loss with an image pair and room for its gradient.
struct LossOperands {
  let loss: any Loss
  let superRes: AlignedBuffer
  let highRes: AlignedBuffer
  let gradient: AlignedBuffer
  private let scratch: AlignedBuffer

  init(_ loss: any Loss) {
    let side = LossProblem.side
    var operands = RandomOperands(seed: 2)
    self.loss = loss
    superRes = operands.uniform(side * side * 3, from: 0, to: 1)
    highRes = operands.uniform(side * side * 3, from: 0, to: 1)
    gradient = AlignedBuffer(count: side * side * 3)
    scratch = AlignedBuffer(count: loss.scratchCount(height: side, width: side))
  }

  /// The loss of `image`, or of the super-resolved one; adds its gradient where asked to.
  @discardableResult
  func evaluate(_ image: AlignedBuffer? = nil, addingGradient: Bool) -> Double {
    loss.evaluate(
      superRes: (image ?? superRes).pointer, highRes: highRes.pointer, height: LossProblem.side,
      width: LossProblem.side, weight: 1, gradient: addingGradient ? gradient.pointer : nil,
      scratch: scratch.pointer)
  }
}
