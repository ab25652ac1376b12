import Foundation
import SRMetrics
import SRReport

/// The line that an epoch, or a validation within an epoch, has on the terminal.
struct EpochLine: CustomStringConvertible {
  let description: String

  /// - Parameter titles: what PSNR is called for each set of pictures.
  init(_ record: EpochRecord, epochs: Int, isBest: Bool, titles: [String: String]) {
    let place =
      record.fraction == nil
      ? "epoch \(record.epoch)/\(epochs)" : "step \(record.step), in epoch \(record.epoch)/\(epochs)"
    let (trained, measured) = (record.measures(.train), record.measures(.valid))
    func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
    /// A number of training and one of validation, if they are there.
    func both(_ name: String, _ train: String, _ valid: String) -> String? {
      let parts = (trained ? ["\(train) train"] : []) + (measured ? ["\(valid) valid"] : [])
      return parts.isEmpty ? nil : "\(name) \(parts.joined(separator: ", "))"
    }
    func value(_ part: EpochRecord.Part, _ metric: MetricDescription) -> Double {
      record[part, metric.name] ?? .nan
    }
    let (psnr, ssim) = (value(.valid, .psnr), value(.valid, .ssim))
    let gain = psnr - value(.bicubic, .psnr)
    let texts = [
      both("loss", number(record.trainLoss, 5), number(record.validLoss, 5)),
      both(
        "PSNR", number(value(.train, .psnr), 2) + " dB",
        number(psnr, 2)
      ).map {
        measured ? "\($0) (\(number(abs(gain), 2)) \(gain < 0 ? "below" : "above") bicubic)" : $0
      },
      both("SSIM", number(value(.train, .ssim), 4), number(ssim, 4)).map {
        measured ? "\($0) (bicubic \(number(value(.bicubic, .ssim), 4)))" : $0
      }, "\(number(record.seconds, 1)) s",
    ]
    description =
      "\(place): " + texts.compactMap { $0 }.joined(separator: "; ")
      + record.sets.map { Self.text(record, $0, titles[$0]) }.joined() + (isBest ? "; best so far" : "")
  }

  /// A set's PSNR.
  private static func text(_ record: EpochRecord, _ set: String, _ title: String?) -> String {
    let metric = MetricDescription.psnr
    func value(ofBicubic: Bool) -> Double {
      record.value(EpochRecord.key(set: set, metric.name, ofBicubic: ofBicubic)) ?? .nan
    }
    return String(
      format: "; \(set) \(title ?? metric.title) %.2f dB (bicubic %.2f)", value(ofBicubic: false),
      value(ofBicubic: true))
  }
}
