import SRKernels
import SRLosses
import SRTensor

/// A loss that needs only the image pair. It is verified against the definition in double precision.
struct PixelLossRun: ProblemRun {
  private let formula: PixelFormula
  private let operands: LossOperands

  init(_ formula: PixelFormula, _ operands: LossOperands) {
    self.formula = formula
    self.operands = operands
  }

  var algorithm: String { "-" }
  var directFLOPs: Int? { nil }
  var bytesMoved: Int? { 3 * operands.superRes.count * MemoryLayout<Float>.stride }

  func run() { operands.evaluate(addingGradient: true) }

  func relativeError() -> Double? {
    operands.gradient.zero()
    let value = operands.evaluate(addingGradient: true)
    let expected = formula.twin(
      ReferencePair(
        superRes: operands.superRes.values.map(Double.init),
        highRes: operands.highRes.values.map(Double.init), lowRes: operands.lowRes.values.map(Double.init),
        shape: LossOperands.shape, scale: LossOperands.scale))
    return max(
      abs(value / expected.sum - 1),
      srdist_benchmark.relativeError(operands.gradient.values, expected.gradient))
  }
}
