/// Loops of which feature networks and the losses on their features are made. Images are NHWC with N = 1. `channels` is a
/// multiple of 16, except for RGB.
package protocol FeatureKernels {
  /// gradient[i] = output[i] > 0 ? gradient[i] : 0, where `output` is the ReLU's.
  func reluBackward(
    output: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, count: Int)

  /// destination[pixel] = the channels of left[pixel], then those of right[pixel]
  func concatenateChannels(
    _ left: UnsafePointer<Float>, channels leftChannels: Int, _ right: UnsafePointer<Float>,
    channels rightChannels: Int, destination: UnsafeMutablePointer<Float>, pixels: Int)

  /// The inverse of ``concatenateChannels(_:channels:_:channels:destination:pixels:)``.
  func splitChannels(
    _ source: UnsafePointer<Float>, left: UnsafeMutablePointer<Float>, channels leftChannels: Int,
    right: UnsafeMutablePointer<Float>, channels rightChannels: Int, pixels: Int)

  /// destination[pixel, c] = image[pixel, c] * scales[c] + offsets[c], three channels
  func normalizeRGB(
    _ image: UnsafePointer<Float>, scales: UnsafePointer<Float>, offsets: UnsafePointer<Float>,
    destination: UnsafeMutablePointer<Float>, pixels: Int)

  /// gradientImage[pixel, c] += gradient[pixel, c] * scales[c], three channels
  func normalizeRGBBackward(
    _ gradient: UnsafePointer<Float>, scales: UnsafePointer<Float>,
    addingTo gradientImage: UnsafeMutablePointer<Float>, pixels: Int)

  /// features[p] = u(features)[p] for each pixel p. Here u(f)[p] = f[p] / (|f[p]| + 1e-10) scales each pixel's channels to unit
  /// length.
  func normalizeToUnitLength(_ features: UnsafeMutablePointer<Float>, pixels: Int, channels: Int)

  /// Sum over pixels p and channels c of weights[c] (u(superRes)[p, c] - u(highRes)[p, c])^2. u is the function of
  /// ``normalizeToUnitLength(_:pixels:channels:)``. If `gradient` is not nil, `gradientScale` times the gradient
  /// with respect to `superRes` is added to it. At a pixel of zeros, where that gradient is infinite, nothing is added.
  ///
  /// - Parameter highResIsUnit: `highRes` is already u(highRes). The bits are the same.
  ///
  /// Zhang et al.: "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric" (CVPR 2018).
  func unitNormalizedDifference(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, highResIsUnit: Bool,
    weights: UnsafePointer<Float>, pixels: Int, channels: Int, gradientScale: Float,
    gradient: UnsafeMutablePointer<Float>?
  ) -> Double
}
