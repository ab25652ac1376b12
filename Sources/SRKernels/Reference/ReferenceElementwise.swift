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

  /// source[pixel, c] > 0 ? source[pixel, c] : slopes[c] * source[pixel, c]
  package static func preluForward<T: BinaryFloatingPoint>(source: [T], slopes: [T]) -> [T] {
    source.enumerated().map { $1 > 0 ? $1 : slopes[$0 % slopes.count] * $1 }
  }

  /// The gradients with respect to the source and the slope of each channel, given the gradient with respect to the destination.
  package static func preluBackward<T: BinaryFloatingPoint>(
    source: [T], slopes: [T], gradientDestination: [T]
  ) -> (source: [T], slopes: [T]) {
    var gradientSource: [T] = []
    var gradientSlopes = [T](repeating: 0, count: slopes.count)
    for (index, (value, gradient)) in zip(source, gradientDestination).enumerated() {
      let channel = index % slopes.count
      gradientSource.append(value > 0 ? gradient : slopes[channel] * gradient)
      if value <= 0 { gradientSlopes[channel] += gradient * value }
    }
    return (gradientSource, gradientSlopes)
  }

  /// The pixel shuffle of `source`, added to `base` enlarged by nearest. `shape` is that of `base`.
  package static func shufflePixels<T: BinaryFloatingPoint>(
    _ source: [T], factor: Int, addingTo base: [T], _ shape: ImageShape
  ) -> [T] {
    var destination = [T](repeating: 0, count: source.count)
    forEachSubpixel(factor: factor, shape) { from, to, pixel in destination[to] = source[from] + base[pixel] }
    return destination
  }

  /// The adjoint of the pixel shuffle.
  package static func unshufflePixels<T: BinaryFloatingPoint>(
    _ gradientDestination: [T], factor: Int, _ shape: ImageShape
  ) -> [T] {
    var gradientSource = [T](repeating: 0, count: gradientDestination.count)
    forEachSubpixel(factor: factor, shape) { from, to, _ in gradientSource[from] = gradientDestination[to] }
    return gradientSource
  }

  /// Calls `body` with the places in the source, in the destination and in the base, row by row of the destination.
  private static func forEachSubpixel(
    factor: Int, _ shape: ImageShape, _ body: (_ source: Int, _ destination: Int, _ base: Int) -> Void
  ) {
    let channels = shape.channels
    var destination = 0
    for row in 0..<shape.height * factor {
      for column in 0..<shape.width * factor {
        let pixel = row / factor * shape.width + column / factor
        let subpixel = row % factor * factor + column % factor
        for channel in 0..<channels {
          body(
            (pixel * channels + channel) * factor * factor + subpixel, destination, pixel * channels + channel
          )
          destination += 1
        }
      }
    }
  }

  /// identity[pixel, c] + image[pixel, c] * scales[c]. With a scale for each value, it is the twin of
  /// ``LocalPoolingKernels/scaleAndAdd(image:scales:identity:destination:count:)``.
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
