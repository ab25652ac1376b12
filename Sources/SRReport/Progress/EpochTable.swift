import SRFiles
import SRMetrics

/// The paper's table of results: one row per epoch.
package enum EpochTable {
  private struct Column: Sendable {
    let title: String
    let decimals: Int
    /// Nil if the epoch's log line has no such number.
    let value: @Sendable (EpochRecord) -> Double?
    /// The same number for bicubic upsampling of the validation images.
    var bicubic: @Sendable (EpochRecord) -> Double? = { _ in nil }
  }

  /// The metrics that have columns.
  private static let metrics: [MetricDescription] = [.psnr, .ssim, .ssimBox, .lpips, .lowResPSNR]

  private static let columns: [Column] =
    [
      Column(title: "train loss", decimals: 4, value: { $0.measures(.train) ? $0.trainLoss : nil }),
      Column(title: "valid loss", decimals: 4, value: { $0.measures(.valid) ? $0.validLoss : nil }),
    ] + metrics.flatMap(columns)

  private static func columns(of metric: MetricDescription) -> [Column] {
    let (name, title, decimals) = (metric.name, metric.title, metric.decimals)
    let valid = Column(
      title: metric.isForTraining ? "valid \(title)" : title, decimals: decimals, value: { $0[.valid, name] },
      bicubic: { $0[.bicubic, name] })
    guard metric.isForTraining else { return [valid] }
    return [Column(title: "train \(title)", decimals: decimals, value: { $0[.train, name] }), valid]
  }

  private static func columns(of set: String) -> [Column] {
    [MetricDescription.psnr, .ssim, .lpips].map { metric in
      let name = metric.name
      return Column(
        title: "\(set) \(metric.title)", decimals: metric.decimals,
        value: { $0.value(EpochRecord.key(set: set, name)) },
        bicubic: { $0.value(EpochRecord.key(set: set, name, ofBicubic: true)) })
    }
  }

  /// The rows of epochs whose number is a multiple of `interval`, the row of the last epoch, and the row of bicubic upsampling.
  ///
  /// Training and validation have columns for loss, PSNR (dB) and SSIM. Validation also has SSIM with the box window, LPIPS and LR-PSNR.
  /// Sets of pictures have columns for PSNR, SSIM and LPIPS. A number that no epoch has gets no column.
  package static func text(_ epochs: [EpochRecord], every interval: Int = 1) -> String {
    let rows = rows(epochs, every: interval)
    return "\(TextTable(Array(repeating: .right, count: rows[0].count), rows: rows))\n"
  }

  /// What a row is called: the epoch's number or, for a validation within an epoch, how many epochs were done.
  static func name(of record: EpochRecord) -> String {
    record.fraction == nil ? "\(record.epoch)" : record.epochsDone.fixed(2)
  }

  /// The table's cells: the titles, the rows of ``text(_:every:)``, and in the end the row of bicubic upsampling if there is an epoch.
  static func rows(_ epochs: [EpochRecord], every interval: Int) -> [[String]] {
    precondition(interval >= 1, "an interval of \(interval) epochs is too short")
    let sets = Set(epochs.flatMap(\.sets)).sorted()
    let columns = (columns + sets.flatMap(columns(of:))).filter { column in
      epochs.contains { column.value($0) != nil }
    }
    var rows = [["epoch"] + columns.map(\.title)]
    for record in epochs where record.epoch % interval == 0 || record.epoch == epochs.last?.epoch {
      rows.append([name(of: record)] + columns.map { $0.value(record)?.fixed($0.decimals) ?? "" })
    }
    if let last = epochs.last {
      rows.append(
        ["bicubic"] + columns.map { column in column.bicubic(last)?.fixed(column.decimals) ?? "" })
    }
    return rows
  }
}
