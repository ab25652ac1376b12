import SRMetrics
import SRReport

/// The number that decides which epoch's checkpoint is the best: of the validation images, such as `psnr`, or of a set of
/// pictures, such as `Set5/psnr`.
package struct BestMetric: Sendable, Equatable, CustomStringConvertible {
  /// Nil for the validation images.
  let pictures: String?
  let metric: MetricDescription

  static let standard = BestMetric(pictures: nil, metric: .psnr)
  static let expected =
    "\(ofImages.map(\.name).joined(separator: ", ")), or NAME/\(ofPictures.map(\.name).joined(separator: ", NAME/")) "
    + "of a set of --val"

  private static let ofImages: [MetricDescription] = [.psnr, .ssim, .lpips, .ssimBox, .mse, .lowResPSNR]
  private static let ofPictures: [MetricDescription] = [.psnr, .ssim, .lpips]

  private init(pictures: String?, metric: MetricDescription) {
    self.pictures = pictures
    self.metric = metric
  }

  /// Nil if the text names no metric.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let set = parts.count == 2 && ValidationPictures.isName(parts[0]) ? String(parts[0]) : nil
    guard parts.count == 1 || set != nil,
      let metric = (set == nil ? Self.ofImages : Self.ofPictures).first(where: { $0.name == parts.last ?? "" }
      )
    else { return nil }
    self.init(pictures: set, metric: metric)
  }

  package var description: String { pictures.map { "\($0)/\(metric.name)" } ?? metric.name }

  /// The number's name in the log.
  var key: String {
    pictures.map { EpochRecord.key(set: $0, metric.name) } ?? EpochRecord.key(.valid, metric.name)
  }
}
