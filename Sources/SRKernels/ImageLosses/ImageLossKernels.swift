/// Loops over image pairs, of which the losses and metrics are made.
///
/// Each returns the sum, over all elements, of a function of the super-resolved image and its target, added up in
/// a fixed order. If `gradient` is not nil, it also adds `gradientScale` times that sum's gradient with respect to the
/// super-resolved image to it. Images have any number of channels. `scratch` holds as many floats as the
/// matching count says. It is 64-byte aligned and private to the calling thread; what it holds before the call does not
/// matter.
package protocol ImageLossKernels {
  /// sum over i of (superRes[i] - highRes[i])^2
  func squaredDifference(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, count: Int, gradientScale: Float,
    gradient: UnsafeMutablePointer<Float>?
  ) -> Double

  /// sum over i of |superRes[i] - highRes[i]|. The slope of equal elements is 0.
  func absoluteDifference(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, count: Int, gradientScale: Float,
    gradient: UnsafeMutablePointer<Float>?
  ) -> Double

  /// sum over i of sqrt((superRes[i] - highRes[i])^2 + epsilonSquared)
  func charbonnierDifference(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, count: Int, epsilonSquared: Float,
    gradientScale: Float, gradient: UnsafeMutablePointer<Float>?
  ) -> Double

  /// Floats of scratch memory of ``structuralSimilarity(superRes:highRes:shape:window:gradientScale:gradient:scratch:)``.
  func structuralSimilarityScratchCount(_ shape: ImageShape) -> Int

  /// Sum over all elements of the structural similarity map, for each channel separately:
  /// (2 mx my + c1) (2 cov + c2) / ((mx^2 + my^2 + c1) (vx + vy + c2)), with means, variances E[x^2] - E[x]^2 and
  /// covariance over `window`.
  ///
  /// Wang, Bovik, Sheikh, Simoncelli: "Image Quality Assessment: From Error Visibility to Structural Similarity"
  /// (IEEE TIP 2004).
  func structuralSimilarity(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, shape: ImageShape,
    window: SSIMWindow, gradientScale: Float, gradient: UnsafeMutablePointer<Float>?,
    scratch: UnsafeMutablePointer<Float>
  ) -> Double

  /// Floats of scratch memory of ``channelSimilarities(superRes:highRes:shape:part:keepsSlopes:scratch:)``.
  func channelSimilaritiesScratchCount(_ shape: ImageShape) -> Int

  /// For each channel, the mean over pixels of a part of the structural similarity over a Gaussian window.
  ///
  /// - Parameter keepsSlopes: leaves in `scratch` what
  ///   ``addSimilarityGradient(superRes:highRes:shape:factors:gradient:scratch:)`` reads.
  func channelSimilarities(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, shape: ImageShape, part: SimilarityPart,
    keepsSlopes: Bool, scratch: UnsafeMutablePointer<Float>
  ) -> [Double]

  /// Adds the gradient of the sum over channels of factors[channel] * mean, for the means of
  /// ``channelSimilarities(superRes:highRes:shape:part:keepsSlopes:scratch:)``, whose images and scratch memory are given again.
  func addSimilarityGradient(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, shape: ImageShape, factors: [Float],
    gradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>)

  /// Average pooling over squares of two by two pixels. An odd last row or column is left out.
  ///
  /// - Parameter shape: of `source`.
  func halve(
    _ source: UnsafePointer<Float>, _ shape: ImageShape, destination: UnsafeMutablePointer<Float>)

  /// Adds to the gradient with respect to the source of ``halve(_:_:destination:)``, which has the shape `shape`.
  func halveBackward(
    _ gradientDestination: UnsafePointer<Float>, _ shape: ImageShape,
    addingTo gradientSource: UnsafeMutablePointer<Float>)

  /// Floats of scratch memory of ``reducedDifference(superRes:lowRes:shape:gradientScale:gradient:scratch:)``.
  func reducedDifferenceScratchCount(_ shape: ImageShape) -> Int

  /// sum over i of (reduced[i] - lowRes[i])^2. Here reduced is `superRes`, which has the shape `shape`, reduced as by
  /// ``BicubicReduction``.
  func reducedDifference(
    superRes: UnsafePointer<Float>, lowRes: ImagePair.LowRes, shape: ImageShape, gradientScale: Float,
    gradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>
  ) -> Double

  /// Floats of scratch memory of ``sobelEdgeDifference(superRes:highRes:shape:epsilonSquared:gradientScale:gradient:scratch:)``.
  func sobelEdgeScratchCount(_ shape: ImageShape) -> Int

  /// Sum over pixels of sqrt((m(superRes) - m(highRes))^2 + epsilonSquared). Here m is the magnitude sqrt(gx^2 + gy^2) of
  /// the Sobel gradient of the channels' mean, with zeros beyond the edges. If the magnitude is 0, its slope, which is
  /// infinite, counts as 0.
  func sobelEdgeDifference(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, shape: ImageShape,
    epsilonSquared: Float, gradientScale: Float, gradient: UnsafeMutablePointer<Float>?,
    scratch: UnsafeMutablePointer<Float>
  ) -> Double
}
