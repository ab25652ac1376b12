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

  /// PReLU with one slope for each channel: destination[pixel, c] = source[pixel, c] > 0 ? source[pixel, c]
  /// : slopes[c] * source[pixel, c]. `destination` may be `source`.
  func preluForward(
    source: UnsafePointer<Float>, slopes: UnsafePointer<Float>, destination: UnsafeMutablePointer<Float>,
    pixels: Int, channels: Int)

  /// gradientSource[pixel, c] = gradientDestination[pixel, c] * (source[pixel, c] > 0 ? 1 : slopes[c]). Works in place if both
  /// are the same buffer. Overwrites gradientSlopes[c] with the sum of gradientDestination[pixel, c] * source[pixel, c] over
  /// all pixels with source[pixel, c] <= 0.
  func preluBackward(
    source: UnsafePointer<Float>, slopes: UnsafePointer<Float>, gradientDestination: UnsafePointer<Float>,
    gradientSource: UnsafeMutablePointer<Float>, gradientSlopes: UnsafeMutablePointer<Float>, pixels: Int,
    channels: Int)

  /// PyTorch's `PixelShuffle(factor)` of `source`, added to `base` enlarged by nearest: with f = `factor`,
  /// destination[f y + i, f x + j, c] = source[y, x, (c f + i) f + j] + base[y, x, c].
  ///
  /// - Parameter base: its shape is `shape`. `source` has f^2 times as many channels, and `destination` f times the height and
  ///   width. Any number of channels will do.
  func shufflePixels(
    _ source: UnsafePointer<Float>, factor: Int, addingTo base: UnsafePointer<Float>, _ shape: ImageShape,
    destination: UnsafeMutablePointer<Float>)

  /// The gradient with respect to the source of ``shufflePixels(_:factor:addingTo:_:destination:)``:
  /// gradientSource[y, x, (c f + i) f + j] = gradientDestination[f y + i, f x + j, c].
  func unshufflePixels(
    _ gradientDestination: UnsafePointer<Float>, factor: Int, _ shape: ImageShape,
    gradientSource: UnsafeMutablePointer<Float>)

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
