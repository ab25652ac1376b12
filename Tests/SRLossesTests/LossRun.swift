import SRKernels
import SRLosses
import SRTensor

/// One evaluation of a loss on arrays.
struct LossRun {
  let value: Double
  let gradient: [Float]

  /// Evaluates the loss and its gradient. Scratch memory starts full of NaN, and the gradient starts as `initialGradient`.
  init(
    _ loss: any Loss, superRes: [Float], highRes: [Float], shape: ImageShape, weight: Float = 1,
    initialGradient: Float = 0
  ) {
    let scratch = AlignedBuffer(count: loss.scratchCount(shape))
    scratch.pointer.update(repeating: .nan, count: scratch.count)
    let gradient = AlignedBuffer(count: superRes.count)
    gradient.pointer.update(repeating: initialGradient, count: gradient.count)
    value = withPair(superRes, highRes, shape, gradient: gradient.pointer) {
      loss.evaluate([$0], weight: weight, scratch: scratch.pointer)[0]
    }
    self.gradient = gradient.values
  }

  /// The value alone, evaluated without a gradient.
  static func value(_ loss: any Loss, superRes: [Float], highRes: [Float], shape: ImageShape) -> Double {
    let scratch = AlignedBuffer(count: loss.scratchCount(shape))
    return withPair(superRes, highRes, shape) {
      loss.evaluate([$0], weight: 1, scratch: scratch.pointer)[0]
    }
  }
}

/// Calls `body` with two images as a pair.
func withPair<Result>(
  _ superRes: [Float], _ highRes: [Float], _ shape: ImageShape,
  gradient: UnsafeMutablePointer<Float>? = nil, _ body: (ImagePair) -> Result
) -> Result {
  precondition(superRes.count == shape.count && highRes.count == shape.count, "images of another shape")
  let scale = formulaScale(shape)
  return superRes.withUnsafeBufferPointer { superRes in
    highRes.withUnsafeBufferPointer { highRes in
      subsampled(Array(highRes), shape, scale: scale).withUnsafeBufferPointer { lowRes in
        body(
          ImagePair(
            superRes: superRes.baseAddress!, highRes: highRes.baseAddress!, shape: shape,
            lowRes: .init(lowRes.baseAddress!, scale: scale), gradient: gradient))
      }
    }
  }
}

/// The scale of a pair in these tests: the largest of 4, 2 and 1 that divides height and width.
func formulaScale(_ shape: ImageShape) -> Int {
  [4, 2, 1].first { shape.height % $0 == 0 && shape.width % $0 == 0 } ?? 1
}

/// Every `scale`-th pixel of every `scale`-th row: the low-resolution images of these tests.
func subsampled<Value>(_ image: [Value], _ shape: ImageShape, scale: Int) -> [Value] {
  var result: [Value] = []
  for y in stride(from: 0, to: shape.height, by: scale) {
    for x in stride(from: 0, to: shape.width, by: scale) {
      let pixel = (y * shape.width + x) * shape.channels
      result += image[pixel..<pixel + shape.channels]
    }
  }
  return result
}

/// A pair of these tests in double precision.
func referencePair(_ superRes: [Float], _ highRes: [Float], _ shape: ImageShape) -> ReferencePair {
  let scale = formulaScale(shape)
  return ReferencePair(
    superRes: superRes.map(Double.init), highRes: highRes.map(Double.init),
    lowRes: subsampled(highRes.map(Double.init), shape, scale: scale), shape: shape, scale: scale)
}

/// The loss of this name.
func lossKind(_ name: String) -> LossKind {
  guard let kind = LossKind.named(name) else { preconditionFailure("there is no loss \(name)") }
  return kind
}

/// |left - right| / |right|, with Euclidean norms.
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
