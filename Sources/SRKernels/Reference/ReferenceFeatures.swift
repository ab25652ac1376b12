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
}
