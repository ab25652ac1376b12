import SRMetrics

/// The numbers of a log that have no panel of ``CurvePanel/standard(_:)``: numbers of validation sets such as `Set5/psnr`, other
/// metrics, terms of the loss, and whatever another version of this program logs.
struct FurtherNumbers {
  /// One quantity, on all the images for which it is logged.
  struct Quantity: Equatable {
    /// Such as `Set5: PSNR / dB` or `mse`.
    let title: String
    let decimals: Int?
    /// Whether it belongs to a validation set.
    let isOfSet: Bool
    fileprivate let train: String?
    fileprivate let valid: String
    fileprivate let baseline: String?

    var panel: CurvePanel {
      func value(_ key: String) -> @Sendable (EpochRecord) -> Double {
        { FurtherNumbers.numbers(of: $0)[key] ?? .nan }
      }
      return CurvePanel(
        title: title, decimals: decimals, train: train.map(value), valid: value(valid),
        baseline: baseline.map(value))
    }
  }

  /// In the order of their titles, sets first.
  let quantities: [Quantity]

  /// The numbers of validation sets.
  var ofSets: [CurvePanel] { quantities.filter(\.isOfSet).map(\.panel) }
  /// All other numbers.
  var others: [CurvePanel] { quantities.filter { !$0.isOfSet }.map(\.panel) }

  init(_ series: [CurveSeries]) {
    var keys = Set(series.flatMap(\.epochs).flatMap { Self.numbers(of: $0).keys })
    for metric in [MetricDescription.psnr, .ssim, .lpips] {
      for part in EpochRecord.Part.allCases { keys.remove(EpochRecord.key(part, metric.name)) }
    }
    // A key whose counterpart for validation is there is a curve of that counterpart's panel.
    let counterparts = Set(keys.compactMap(Self.counterpart).filter(keys.contains))
    quantities = keys.filter { key in Self.counterpart(key).map { !counterparts.contains($0) } ?? true }
      .map { key in
        func other(_ part: EpochRecord.Part) -> String? {
          keys.sorted().first {
            $0 != key && Self.counterpart($0) == key && $0.contains(part == .train ? "train" : "bicubic")
          }
        }
        return Self.quantity(key, train: other(.train), baseline: other(.bicubic))
      }
      .sorted { ($0.isOfSet ? 0 : 1, $0.title) < ($1.isOfSet ? 0 : 1, $1.title) }
  }

  /// All numbers of an epoch by name, but the loss and the time. Terms are called `train_terms.NAME` and `valid_terms.NAME`, as in
  /// `metrics.csv`.
  private static func numbers(of record: EpochRecord) -> [String: Double] {
    var numbers = record.metrics
    for (name, value) in record.trainTerms { numbers["train_terms.\(name)"] = value }
    for (name, value) in record.validTerms { numbers["valid_terms.\(name)"] = value }
    return numbers
  }

  /// The name under which the validation images have the number, for a key of training images or of bicubic upsampling: such as
  /// `valid_mse` for `train_mse`, and `Set5/psnr` for `Set5/bicubic_psnr`.
  private static func counterpart(_ key: String) -> String? {
    for part in ["train", "bicubic"] where key.hasPrefix("\(part)_") {
      return "valid_\(key.dropFirst(part.count + 1))"
    }
    return key.contains("/bicubic_") ? key.replacing("/bicubic_", with: "/") : nil
  }

  private static func quantity(_ key: String, train: String?, baseline: String?) -> Quantity {
    var name = key[...]
    for prefix in ["valid_terms.", "valid_"] where name.hasPrefix(prefix) && name.count > prefix.count {
      name = name.dropFirst(prefix.count)
      break
    }
    let isTerm = key.hasPrefix("valid_terms.")
    let parts = name.split(separator: "/")
    let known: [MetricDescription] = [.psnr, .ssim, .mse, .ssimBox, .lpips, .lowResPSNR]
    let metric = isTerm ? nil : known.first { $0.name == parts.last ?? "" }
    let title =
      metric.map { metric in
        (parts.dropLast() + [""]).joined(separator: ": ") + metric.title
          + (metric.unit.map { " / \($0)" } ?? "")
      } ?? (isTerm ? "term of the loss: \(name)" : String(name))
    // The values of MSE are small.
    return Quantity(
      title: title, decimals: metric == .mse ? nil : metric?.decimals, isOfSet: parts.count > 1,
      train: train, valid: key, baseline: baseline)
  }
}
