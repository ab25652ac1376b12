/// How a feature network's input comes from an intensity x in 0...1: scales[c] * x + offsets[c].
struct ImageNormalization: Sendable {
  let scales: [Float]
  let offsets: [Float]

  /// x itself.
  static let identity = ImageNormalization(scales: [1, 1, 1], offsets: [0, 0, 0])

  /// (x - mean) / deviation of the ImageNet data set, as torchvision's networks were trained.
  static let imageNet = standardized(mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])

  /// The scaling layer of LPIPS over x.
  static let lpipsRaw = standardized(mean: [-0.030, -0.088, -0.188], deviation: [0.458, 0.448, 0.450])

  /// The scaling layer of LPIPS over 2x - 1.
  static let lpipsSymmetric = ImageNormalization(
    scales: lpipsRaw.scales.map { 2 * $0 }, offsets: zip(lpipsRaw.offsets, lpipsRaw.scales).map { $0 - $1 })

  private static func standardized(mean: [Double], deviation: [Double]) -> ImageNormalization {
    ImageNormalization(
      scales: deviation.map { Float(1 / $0) }, offsets: zip(mean, deviation).map { Float(-$0 / $1) })
  }
}
