/// Loops over whole tensors that are neither convolutions nor losses. Images are NHWC with N = 1. For a whole image,
/// `channels` is a multiple of 16.
package protocol ElementwiseKernels {
  /// destination[i] += source[i]
  func accumulate(
    _ source: UnsafePointer<Float>, into destination: UnsafeMutablePointer<Float>, count: Int)

  /// destination[i] = left[i] + right[i]; `destination` may be one of them.
  func add(
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>,
    destination: UnsafeMutablePointer<Float>, count: Int)

  /// destination[i] = source[i] > 0 ? source[i] : slope * source[i]
  func preluForward(
    source: UnsafePointer<Float>, slope: Float, destination: UnsafeMutablePointer<Float>, count: Int)

  /// gradientSource[i] = gradientDestination[i] * (source[i] > 0 ? 1 : slope). Works in place if both are the same buffer.
  ///
  /// - Returns: the gradient with respect to the slope, which is the sum of gradientDestination[i] * source[i] over all i
  ///   with source[i] <= 0.
  func preluBackward(
    source: UnsafePointer<Float>, slope: Float, gradientDestination: UnsafePointer<Float>,
    gradientSource: UnsafeMutablePointer<Float>, count: Int
  ) -> Float

  /// means[c] = mean over pixels of image[pixel, c]
  func globalAveragePool(
    _ image: UnsafePointer<Float>, pixels: Int, channels: Int, means: UnsafeMutablePointer<Float>)

  /// The sums of a global average pooling, a range of pixels at a time: adds to totals[c] the image's channel c over the pixels.
  /// The totals of all pixels, from zero on and in rising order, give the bits of
  /// ``globalAveragePool(_:pixels:channels:means:)`` if each one is rounded and divided by the number of pixels.
  ///
  /// - Parameters:
  ///   - image: where the whole image would begin. Only the pixels are read.
  ///   - pixels: begin at a multiple of ``pixelSumStep``, and end at one or with the image.
  ///   - channels: of a pixel, a multiple of 16.
  ///   - group: of 16 channels, the ones to add up.
  func addPixels(
    _ image: UnsafePointer<Float>, pixels: Range<Int>, channels: Int, group: Int,
    to totals: UnsafeMutablePointer<Double>)
  var pixelSumStep: Int { get }

  /// destination[pixel, c] = identity[pixel, c] + image[pixel, c] * scales[c]; `destination` may be `identity` or `image`.
  func scaleChannelsAndAdd(
    image: UnsafePointer<Float>, scales: UnsafePointer<Float>, identity: UnsafePointer<Float>,
    destination: UnsafeMutablePointer<Float>, pixels: Int, channels: Int)

  /// sums[c] = sum over pixels of left[pixel, c] * right[pixel, c]
  func sumOfProducts(
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, pixels: Int, channels: Int,
    sums: UnsafeMutablePointer<Float>)

  /// destination[pixel, c] = image[pixel, c] * scales[c] + offsets[c]
  func scaleAndOffsetChannels(
    image: UnsafePointer<Float>, scales: UnsafePointer<Float>, offsets: UnsafePointer<Float>,
    destination: UnsafeMutablePointer<Float>, pixels: Int, channels: Int)

  /// Whether all values are finite.
  func allFinite(_ values: UnsafePointer<Float>, count: Int) -> Bool
}
