extension Reference {
  /// sums[c] = sum over pixels of image[pixel, c]: ``ElementwiseKernels/globalAveragePool(_:pixels:channels:means:)`` divides it by
  /// the number of pixels, ``ElementwiseKernels/sumOfProducts(_:_:pixels:channels:sums:)`` takes it of the products.
  package static func sumOverPixels<T: BinaryFloatingPoint>(_ image: [T], channels: Int) -> [T] {
    var sums = [T](repeating: 0, count: channels)
    for (index, value) in image.enumerated() { sums[index % channels] += value }
    return sums
  }
}
