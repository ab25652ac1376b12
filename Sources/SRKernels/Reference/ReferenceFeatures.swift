extension Reference {
  /// output[i] > 0 ? gradient[i] : 0
  package static func reluBackward<T: BinaryFloatingPoint>(output: [T], gradient: [T]) -> [T] {
    zip(output, gradient).map { $0 > 0 ? $1 : 0 }
  }

  /// The channels of left[pixel], then those of right[pixel].
  package static func concatenateChannels<T: BinaryFloatingPoint>(
    _ left: [T], channels leftChannels: Int, _ right: [T], channels rightChannels: Int
  ) -> [T] {
    var joined: [T] = []
    for pixel in 0..<left.count / leftChannels {
      for c in 0..<leftChannels { joined.append(left[pixel * leftChannels + c]) }
      for c in 0..<rightChannels { joined.append(right[pixel * rightChannels + c]) }
    }
    return joined
  }

  /// The inverse of ``concatenateChannels(_:channels:_:channels:)``.
  package static func splitChannels<T: BinaryFloatingPoint>(
    _ source: [T], channels leftChannels: Int, channels rightChannels: Int
  ) -> (left: [T], right: [T]) {
    var parts: (left: [T], right: [T]) = ([], [])
    for (index, value) in source.enumerated() {
      if index % (leftChannels + rightChannels) < leftChannels {
        parts.left.append(value)
      } else {
        parts.right.append(value)
      }
    }
    return parts
  }

  /// gradientImage[pixel, c] + gradient[pixel, c] * scales[c], three channels
  package static func normalizeRGBBackward<T: BinaryFloatingPoint>(
    _ gradient: [T], scales: [T], gradientImage: [T]
  ) -> [T] {
    gradient.indices.map { gradientImage[$0] + gradient[$0] * scales[$0 % ImageShape.rgbChannels] }
  }

  /// Each pixel's features, scaled to unit length. See ``FeatureKernels/normalizeToUnitLength(_:pixels:channels:)``.
  package static func normalizedToUnitLength<T: BinaryFloatingPoint>(_ features: [T], channels: Int) -> [T] {
    stride(from: 0, to: features.count, by: channels).flatMap { start in
      let pixel = features[start..<start + channels]
      let length = pixel.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return pixel.map { $0 / (length + 1e-10) }
    }
  }

  /// Sum over pixels and channels of the weighted squared difference of unit-length features. See
  /// ``FeatureKernels/unitNormalizedDifference(superRes:highRes:highResIsUnit:weights:pixels:channels:gradientScale:gradient:)``.
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
      // First with respect to the unit-length features, then through the length, which every channel changes.
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
