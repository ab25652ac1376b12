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
