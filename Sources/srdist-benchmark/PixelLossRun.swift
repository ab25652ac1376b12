import SRKernels
import SRLosses
import SRTensor

/// A loss of the image pair alone, verified against the definition in double precision.
struct PixelLossRun: ProblemRun {
  private let kind: LossTerm.Kind
  private let operands: LossOperands

  init(_ kind: LossTerm.Kind, _ operands: LossOperands) {
    self.kind = kind
    self.operands = operands
  }

  var algorithm: String { "-" }
  var directFLOPs: Int? { nil }
  var bytesMoved: Int? { 3 * operands.superRes.count * MemoryLayout<Float>.stride }

  func run() { operands.evaluate(addingGradient: true) }

  func relativeError() -> Double? {
    operands.gradient.zero()
    let value = operands.evaluate(addingGradient: true)
    let expected = definition()
    return max(
      abs(value / expected.value - 1),
      srdist_benchmark.relativeError(operands.gradient.values, expected.gradient))
  }

  private func definition() -> (value: Double, gradient: [Double]) {
    let shape = RGBImageShape(height: LossProblem.side, width: LossProblem.side)
    let x = operands.superRes.values.map(Double.init)
    let y = operands.highRes.values.map(Double.init)
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
