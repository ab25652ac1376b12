/// A metric's names, and how to read its numbers.
package struct MetricDescription: Sendable, Hashable {
  /// The name in logs, such as `ssim_box`.
  package let name: String
  /// The name in tables and curves, such as `SSIM (box)`.
  package let title: String
  /// The unit, such as `dB`; nil if the metric has none.
  package let unit: String?
  /// Digits after the point in tables.
  package let decimals: Int
  package let isLargerBetter: Bool
  /// Whether training images are measured too. If not, only validation images are.
  package let isForTraining: Bool
  /// Whether a run's log has bicubic upsampling's value beside the model's.
  package let isLoggedForBicubic: Bool

  init(
    _ name: String, title: String, unit: String? = nil, decimals: Int = 4, isLargerBetter: Bool,
    isForTraining: Bool = false, isLoggedForBicubic: Bool = true
  ) {
    self.name = name
    self.title = title
    self.unit = unit
    self.decimals = decimals
    self.isLargerBetter = isLargerBetter
    self.isForTraining = isForTraining
    self.isLoggedForBicubic = isLoggedForBicubic
  }

  /// Whether `value` is better than `other`. False if either is NaN.
  package func isBetter(_ value: Double, than other: Double) -> Bool {
    isLargerBetter ? value > other : value < other
  }

  /// Peak signal-to-noise ratio.
  package static let psnr = MetricDescription(
    "psnr", title: "PSNR", unit: "dB", decimals: 2, isLargerBetter: true, isForTraining: true)
  /// Structural similarity over a Gaussian window.
  package static let ssim = MetricDescription(
    "ssim", title: "SSIM", isLargerBetter: true, isForTraining: true)
  /// Mean squared error.
  package static let mse = MetricDescription(
    "mse", title: "MSE", isLargerBetter: false, isLoggedForBicubic: false)
  /// Structural similarity over a box window.
  package static let ssimBox = MetricDescription("ssim_box", title: "SSIM (box)", isLargerBetter: true)
  /// PSNR of the result, made as small as the input, against the input: a guard against a drift of colours.
  package static let lowResPSNR = MetricDescription(
    "lr_psnr", title: "LR-PSNR", unit: "dB", decimals: 2, isLargerBetter: true, isLoggedForBicubic: false)
  /// Learned perceptual image patch similarity, a distance.
  package static let lpips = MetricDescription("lpips", title: "LPIPS", isLargerBetter: false)
}
