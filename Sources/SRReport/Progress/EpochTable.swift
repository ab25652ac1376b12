import SRFiles

/// The paper's table of results: one row an epoch.
package enum EpochTable {
  private struct Column: Sendable {
    let title: String
    let decimals: Int
    /// Nil where the epoch's log line has no such number.
    let value: @Sendable (EpochRecord) -> Double?
    /// The same of bicubic upsampling of the validation images.
    var bicubic: (@Sendable (EpochRecord) -> Double?)?
  }

  private static let columns = [
    Column(title: "train loss", decimals: 4, value: \.trainLoss),
    Column(title: "valid loss", decimals: 4, value: \.validLoss),
    Column(title: "train PSNR", decimals: 2, value: \.trainPSNR),
    Column(title: "valid PSNR", decimals: 2, value: \.validPSNR, bicubic: \.bicubicPSNR),
    Column(title: "train SSIM", decimals: 4, value: \.trainSSIM),
    Column(title: "valid SSIM", decimals: 4, value: \.validSSIM, bicubic: \.bicubicSSIM),
    Column(
      title: "SSIM (box)", decimals: 4, value: { $0.metrics["valid_ssim_box"] },
      bicubic: { $0.metrics["bicubic_ssim_box"] }),
    Column(
      title: "LPIPS", decimals: 4, value: { $0.metrics["valid_lpips"] },
      bicubic: { $0.metrics["bicubic_lpips"] }),
  ]

  /// Rows of `epochs` whose number is a multiple of `interval`, and the last, then bicubic upsampling's.
  ///
  /// Loss, PSNR (dB) and SSIM for training and validation; SSIM with the box window and LPIPS for validation, where
  /// they were measured.
  package static func text(_ epochs: [EpochRecord], every interval: Int = 1) -> String {
    precondition(interval >= 1, "an interval of \(interval) epochs was asked for")
    let columns = columns.filter { column in epochs.contains { column.value($0) != nil } }
    var rows = [["epoch"] + columns.map(\.title)]
    for record in epochs where record.epoch % interval == 0 || record.epoch == epochs.last?.epoch {
      rows.append(["\(record.epoch)"] + columns.map { $0.value(record)?.fixed($0.decimals) ?? "" })
    }
    if let last = epochs.last {
      rows.append(
        ["bicubic"] + columns.map { column in column.bicubic?(last)?.fixed(column.decimals) ?? "" })
    }
    return "\(TextTable(Array(repeating: .right, count: rows[0].count), rows: rows))\n"
  }
}
