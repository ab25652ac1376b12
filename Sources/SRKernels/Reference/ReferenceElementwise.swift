extension Reference {
  /// left[i] + right[i]: the twin of ``ElementwiseKernels/add(_:_:destination:count:)`` and
  /// ``ElementwiseKernels/accumulate(_:into:count:)``.
  package static func add<T: BinaryFloatingPoint>(_ left: [T], _ right: [T]) -> [T] {
    zip(left, right).map { $0 + $1 }
  }

  /// source[i] > 0 ? source[i] : slope * source[i]
  package static func preluForward<T: BinaryFloatingPoint>(source: [T], slope: T) -> [T] {
    source.map { $0 > 0 ? $0 : slope * $0 }
  }

  /// The gradients with respect to the source and the slope, given the gradient with respect to the destination.
  package static func preluBackward<T: BinaryFloatingPoint>(
    source: [T], slope: T, gradientDestination: [T]
  ) -> (source: [T], slope: T) {
    var gradientSource: [T] = []
    var gradientSlope: T = 0
    for (value, gradient) in zip(source, gradientDestination) {
      gradientSource.append(value > 0 ? gradient : slope * gradient)
      if value <= 0 { gradientSlope += gradient * value }
    }
    return (gradientSource, gradientSlope)
  }

  /// identity[pixel, c] + image[pixel, c] * scales[c]
  package static func scaleChannelsAndAdd<T: BinaryFloatingPoint>(
    image: [T], scales: [T], identity: [T]
  ) -> [T] {
    image.indices.map { identity[$0] + image[$0] * scales[$0 % scales.count] }
  }

  /// image[pixel, c] * scales[c] + offsets[c]: the twin of
  /// ``ElementwiseKernels/scaleAndOffsetChannels(image:scales:offsets:destination:pixels:channels:)`` and, for three
  /// channels,
  /// of ``FeatureKernels/normalizeRGB(_:scales:offsets:destination:pixels:)``.
  package static func scaleAndOffsetChannels<T: BinaryFloatingPoint>(
    image: [T], scales: [T], offsets: [T]
  ) -> [T] {
    image.indices.map { image[$0] * scales[$0 % scales.count] + offsets[$0 % scales.count] }
  }

  /// sums[c] = sum over pixels of image[pixel, c]. ``ElementwiseKernels/globalAveragePool(_:pixels:channels:means:)``
  /// divides this sum by the number of pixels. ``ElementwiseKernels/sumOfProducts(_:_:pixels:channels:sums:)`` is this sum
  /// of the products.
  package static func sumOverPixels<T: BinaryFloatingPoint>(_ image: [T], channels: Int) -> [T] {
    var sums = [T](repeating: 0, count: channels)
    for (index, value) in image.enumerated() { sums[index % channels] += value }
    return sums
  }

  /// Whether all values are finite.
  package static func allFinite<T: BinaryFloatingPoint>(_ values: [T]) -> Bool {
    values.allSatisfy(\.isFinite)
  }
}
