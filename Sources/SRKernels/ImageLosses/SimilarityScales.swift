/// A part of the structural similarity of two images at a pixel.
package enum SimilarityPart: Sendable {
  /// (2 cov + c2) / (vx + vy + c2): the contrasts and the structure.
  case contrastStructure
  /// The whole similarity, with the luminance.
  case whole
}

/// The scales of multi-scale structural similarity. Each scale's images have half the height and width of the scale before.
///
/// Wang, Simoncelli, Bovik: "Multi-scale structural similarity for image quality assessment" (Asilomar 2003). The paper has five
/// scales. Smaller images have as many as leave ``SSIMWindow/smallestSide`` pixels at the last scale, and the weights of these,
/// divided by their sum. With one scale, the result is the structural similarity itself.
package struct SimilarityScales: Sendable {
  /// The paper's exponents, finest scale first.
  package static let weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
  /// A mean below this counts as this, with a slope of 0: a power of a negative number is not defined, and the power's slope
  /// grows without bound near 0.
  package static let smallestMean = 1e-4

  /// Number of scales, 1...5.
  package let count: Int
  private let shape: ImageShape
  private let divisor: Double

  /// - Precondition: neither side is below the Gaussian window's ``SSIMWindow/smallestSide``.
  package init(_ shape: ImageShape) {
    SSIMWindow.gaussian.checkFit(shape)
    self.shape = shape
    var count = 1
    while count < Self.weights.count,
      min(shape.height, shape.width) >> count >= SSIMWindow.gaussian.smallestSide
    { count += 1 }
    self.count = count
    divisor = count == Self.weights.count ? 1 : Self.weights.prefix(count).reduce(0, +)
  }

  /// The images' shape at a scale; 0 is the finest.
  package func shape(at scale: Int) -> ImageShape {
    ImageShape(height: shape.height >> scale, width: shape.width >> scale, channels: shape.channels)
  }

  /// The exponent of a scale's mean.
  package func weight(of scale: Int) -> Double { Self.weights[scale] / divisor }

  /// What is compared at a scale: the luminance only at the last one.
  package func part(at scale: Int) -> SimilarityPart {
    scale == count - 1 ? .whole : .contrastStructure
  }
}
