import Foundation
import SRMetrics
import SRReport

/// The line that an epoch has in the log.
struct EpochLine: CustomStringConvertible {
  let description: String

  init(_ record: EpochRecord, epochs: Int, isBest: Bool) {
    func value(_ part: EpochRecord.Part, _ metric: MetricDescription) -> Double {
      record[part, metric.name] ?? .nan
    }
    let psnr = value(.valid, .psnr)
    let gain = psnr - value(.bicubic, .psnr)
    description =
      String(
        format: "epoch %d/%d: loss %.5f train, %.5f valid; PSNR %.2f dB train, %.2f valid (%.2f ",
        record.epoch, epochs, record.trainLoss, record.validLoss, value(.train, .psnr), psnr, abs(gain))
      + (gain < 0 ? "below" : "above") + " bicubic); "
      + String(
        format: "SSIM %.4f train, %.4f valid (bicubic %.4f); %.1f s", value(.train, .ssim),
        value(.valid, .ssim), value(.bicubic, .ssim), record.seconds)
      + record.sets.map { Self.text(record, $0) }.joined()
      + (isBest ? "; best so far" : "")
  }

  /// A set's PSNR, which is that of luma.
  private static func text(_ record: EpochRecord, _ set: String) -> String {
    let metric = MetricDescription.psnr
    func value(ofBicubic: Bool) -> Double {
      record.value(EpochRecord.key(set: set, metric.name, ofBicubic: ofBicubic)) ?? .nan
    }
    return String(
      format: "; \(set) \(metric.title)-Y %.2f dB (bicubic %.2f)", value(ofBicubic: false),
      value(ofBicubic: true))
  }
}
