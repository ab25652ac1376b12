extension Reference {
  /// Sum over pixels and channels of the weighted squared difference of unit-length features; see
  /// ``FeatureKernels/unitNormalizedDifference(superRes:highRes:weights:pixels:channels:gradientScale:gradient:)``.
  package static func unitNormalizedDifference<T: BinaryFloatingPoint>(
    superRes: [T], highRes: [T], weights: [T], pixels: Int
  ) -> ReferenceLoss<T> {
    let channels = weights.count
    let epsilon: T = 1e-10
    var loss = ReferenceLoss<T>(count: superRes.count)
    for pixel in 0..<pixels {
      let range = pixel * channels..<(pixel + 1) * channels
      let a = Array(superRes[range])
      let b = Array(highRes[range])
      let lengthA = a.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let lengthB = b.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let scaleA = 1 / (lengthA + epsilon)
      let scaleB = 1 / (lengthB + epsilon)
      // By the unit-length features; then through the length, which every channel changes.
      let byUnit = (0..<channels).map { 2 * weights[$0] * (a[$0] * scaleA - b[$0] * scaleB) }
      let byScale = (0..<channels).reduce(0) { $0 + byUnit[$1] * a[$1] }
      for c in 0..<channels {
        let difference = a[c] * scaleA - b[c] * scaleB
        loss.sum += weights[c] * difference * difference
        guard lengthA > 0 else { continue }
        loss.gradient[range.lowerBound + c] =
          byUnit[c] * scaleA - byScale * scaleA * scaleA * a[c] / lengthA
      }
    }
    return loss
  }
}
