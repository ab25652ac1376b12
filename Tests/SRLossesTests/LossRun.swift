import SRKernels
import SRLosses
import SRTensor

/// One evaluation of a loss on arrays.
struct LossRun {
  let value: Double
  let gradient: [Float]

  /// Evaluates with its gradient, starting from scratch memory full of NaN and a gradient of `initialGradient`.
  init(
    _ loss: any Loss, superRes: [Float], highRes: [Float], shape: ImageShape, weight: Float = 1,
    initialGradient: Float = 0
  ) {
    let scratch = AlignedBuffer(count: loss.scratchCount(height: shape.height, width: shape.width))
    scratch.pointer.update(repeating: .nan, count: scratch.count)
    var gradient = [Float](repeating: initialGradient, count: superRes.count)
    value = loss.evaluate(
      superRes: superRes, highRes: highRes, height: shape.height, width: shape.width, weight: weight,
      gradient: &gradient, scratch: scratch.pointer)
    self.gradient = gradient
  }

  /// The value alone, evaluated without a gradient.
  static func value(_ loss: any Loss, superRes: [Float], highRes: [Float], shape: ImageShape) -> Double {
    let scratch = AlignedBuffer(count: loss.scratchCount(height: shape.height, width: shape.width))
    return loss.evaluate(
      superRes: superRes, highRes: highRes, height: shape.height, width: shape.width, weight: 1,
      gradient: nil, scratch: scratch.pointer)
  }
}

/// |left - right| / |right|, Euclidean norms.
func relativeDifference(_ left: [Float], _ right: [Float]) -> Double {
  precondition(left.count == right.count, "\(left.count) floats against \(right.count)")
  var difference = 0.0
  var norm = 0.0
  for (a, b) in zip(left, right) {
    difference += (Double(a) - Double(b)) * (Double(a) - Double(b))
    norm += Double(b) * Double(b)
  }
  return norm == 0 ? difference.squareRoot() : (difference / norm).squareRoot()
}
