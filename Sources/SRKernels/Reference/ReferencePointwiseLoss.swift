/// A loss summed over an image pair, and its gradient with respect to the super-resolved image.
package struct ReferenceLoss<T: BinaryFloatingPoint> {
  package var sum: T
  package var gradient: [T]

  init(count: Int) {
    sum = 0
    gradient = [T](repeating: 0, count: count)
  }

  /// factor * sum + offset, and its gradient.
  package func scaled(by factor: T, plus offset: T = 0) -> ReferenceLoss {
    var scaled = self
    scaled.sum = factor * sum + offset
    scaled.gradient = gradient.map { factor * $0 }
    return scaled
  }
}

extension ReferenceLoss: Sendable where T: Sendable {}

/// An image pair in double precision, for the twins of losses.
package struct ReferencePair: Sendable {
  package var superRes: [Double]
  package let highRes: [Double]
  package let lowRes: [Double]
  /// Of both high-resolution images.
  package let shape: ImageShape
  /// How many times higher and wider they are than the low-resolution image.
  package let scale: Int

  package init(superRes: [Double], highRes: [Double], lowRes: [Double], shape: ImageShape, scale: Int) {
    self.superRes = superRes
    self.highRes = highRes
    self.lowRes = lowRes
    self.shape = shape
    self.scale = scale
  }
}

extension Reference {
  /// sum over i of (superRes[i] - highRes[i])^2
  package static func squaredDifference<T: BinaryFloatingPoint>(
    superRes: [T], highRes: [T]
  ) -> ReferenceLoss<T> {
    var loss = ReferenceLoss<T>(count: superRes.count)
    for (index, (x, y)) in zip(superRes, highRes).enumerated() {
      loss.sum += (x - y) * (x - y)
      loss.gradient[index] = 2 * (x - y)
    }
    return loss
  }

  /// sum over i of |superRes[i] - highRes[i]|
  package static func absoluteDifference<T: BinaryFloatingPoint>(
    superRes: [T], highRes: [T]
  ) -> ReferenceLoss<T> {
    var loss = ReferenceLoss<T>(count: superRes.count)
    for (index, (x, y)) in zip(superRes, highRes).enumerated() {
      loss.sum += abs(x - y)
      loss.gradient[index] = x > y ? 1 : x < y ? -1 : 0
    }
    return loss
  }

  /// sum over i of sqrt((superRes[i] - highRes[i])^2 + epsilonSquared)
  package static func charbonnierDifference<T: BinaryFloatingPoint>(
    superRes: [T], highRes: [T], epsilonSquared: T
  ) -> ReferenceLoss<T> {
    var loss = ReferenceLoss<T>(count: superRes.count)
    for (index, (x, y)) in zip(superRes, highRes).enumerated() {
      let root = ((x - y) * (x - y) + epsilonSquared).squareRoot()
      loss.sum += root
      loss.gradient[index] = (x - y) / root
    }
    return loss
  }
}
