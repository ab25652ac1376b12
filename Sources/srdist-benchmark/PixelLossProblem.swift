import SRKernels
import SRLosses
import SRTensor

/// Value and gradient of a loss that needs the image pair alone.
struct PixelLossProblem: Problem {
  let kind: LossTerm.Kind

  static let side = 128
  static var all: [any Problem] {
    [LossTerm.Kind.mse, .charbonnier, .ssim, .ssimBox, .edge].map { PixelLossProblem(kind: $0) }
  }

  var subject: String { "loss \(kind.rawValue)" }
  var size: String { "\(Self.side)x\(Self.side) RGB" }
  var pass: String { "value and gradient" }
  var tolerance: Double { 1e-4 }

  func makeRun(kernels: any KernelSet) -> any ProblemRun { PixelLossRun(kind, kernels: kernels) }
}

/// Verified against the definition in double precision.
private struct PixelLossRun: ProblemRun {
  private let kind: LossTerm.Kind
  private let loss: any Loss
  private let superRes: AlignedBuffer
  private let highRes: AlignedBuffer
  private let gradient: AlignedBuffer
  private let scratch: AlignedBuffer

  init(_ kind: LossTerm.Kind, kernels: any KernelSet) {
    guard let loss = kind.pixelLoss(kernels: kernels) else {
      preconditionFailure("\(kind.rawValue) needs a network")
    }
    let side = PixelLossProblem.side
    var operands = RandomOperands(seed: 2)
    self.kind = kind
    self.loss = loss
    superRes = operands.uniform(side * side * 3, from: 0, to: 1)
    highRes = operands.uniform(side * side * 3, from: 0, to: 1)
    gradient = AlignedBuffer(count: side * side * 3)
    scratch = AlignedBuffer(count: loss.scratchCount(height: side, width: side))
  }

  var algorithm: String { "-" }
  var directFLOPs: Int? { nil }
  var bytesMoved: Int? { 3 * superRes.count * MemoryLayout<Float>.stride }

  func run() { evaluate() }

  @discardableResult
  private func evaluate() -> Double {
    loss.evaluate(
      superRes: superRes.pointer, highRes: highRes.pointer, height: PixelLossProblem.side,
      width: PixelLossProblem.side, weight: 1, gradient: gradient.pointer, scratch: scratch.pointer)
  }

  func relativeError() -> Double? {
    gradient.zero()
    let value = evaluate()
    let expected = definition()
    return max(
      abs(value / expected.value - 1), srdist_benchmark.relativeError(gradient.values, expected.gradient))
  }

  private func definition() -> (value: Double, gradient: [Double]) {
    let shape = RGBImageShape(height: PixelLossProblem.side, width: PixelLossProblem.side)
    let x = superRes.values.map(Double.init)
    let y = highRes.values.map(Double.init)
    let count = Double(shape.count)
    func mean(_ loss: ReferenceLoss<Double>, of elements: Double) -> (value: Double, gradient: [Double]) {
      (loss.sum / elements, loss.gradient.map { $0 / elements })
    }
    switch kind {
    case .mse: return mean(Reference.squaredDifference(superRes: x, highRes: y), of: count)
    case .charbonnier:
      return mean(Reference.charbonnierDifference(superRes: x, highRes: y, epsilonSquared: 1e-6), of: count)
    case .edge:
      return mean(
        Reference.sobelEdgeDifference(superRes: x, highRes: y, shape: shape, epsilonSquared: 1e-6),
        of: Double(shape.pixels))
    case .ssim, .ssimBox:
      let similarity = mean(
        Reference.structuralSimilarity(
          superRes: x, highRes: y, shape: shape, window: kind == .ssim ? .gaussian : .box), of: count)
      return (1 - similarity.value, similarity.gradient.map { -$0 })
    case .vgg, .lpipsVGG, .lpipsAlex, .lpipsSqueeze:
      preconditionFailure("\(kind.rawValue) needs a network")
    }
  }
}
