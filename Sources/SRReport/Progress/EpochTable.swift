/// The paper's table of results: one row an epoch.
public enum EpochTable {
  /// Rows of `epochs` whose number is a multiple of `interval`, and the last; loss, PSNR (dB), SSIM for
  /// training and validation, and the gain over bicubic upsampling.
  public static func text(_ epochs: [EpochRecord], every interval: Int = 1) -> String {
    precondition(interval >= 1, "an interval of \(interval) epochs was asked for")
    let header = [
      "epoch", "train loss", "valid loss", "train PSNR", "valid PSNR", "train SSIM", "valid SSIM",
      "over bicubic",
    ]
    let rows = epochs.filter { $0.epoch % interval == 0 || $0.epoch == epochs.last?.epoch }.map { record in
      let gain = record.validPSNR - record.bicubicPSNR
      return [
        "\(record.epoch)", record.trainLoss.fixed(4), record.validLoss.fixed(4), record.trainPSNR.fixed(2),
        record.validPSNR.fixed(2), record.trainSSIM.fixed(4), record.validSSIM.fixed(4),
        (gain < 0 ? "" : "+") + "\(gain.fixed(2)) dB",
      ]
    }
    let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
    return ([header] + rows).map { row in
      zip(row, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: "  ")
        + "\n"
    }.joined()
  }
}
