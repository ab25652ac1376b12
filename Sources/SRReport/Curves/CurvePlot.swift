/// Training and validation curves of loss, PSNR and SSIM, side by side, as a gnuplot script with its data
/// inside.
public struct CurvePlot {
  private struct Panel: Sendable {
    let title: String
    let train: @Sendable (EpochRecord) -> Double
    let valid: @Sendable (EpochRecord) -> Double
    /// A level of the validation images to compare with.
    var baseline: (@Sendable (EpochRecord) -> Double)?
  }

  private static let panels = [
    Panel(title: "loss", train: \.trainLoss, valid: \.validLoss),
    Panel(title: "PSNR / dB", train: \.trainPSNR, valid: \.validPSNR, baseline: \.bicubicPSNR),
    Panel(title: "SSIM", train: \.trainSSIM, valid: \.validSSIM, baseline: \.bicubicSSIM),
  ]

  public let series: [CurveSeries]

  /// Every series has at least one epoch.
  public init(_ series: [CurveSeries]) {
    precondition(
      !series.isEmpty && series.allSatisfy { !$0.epochs.isEmpty },
      "curves of \(series.map { "\($0.name): \($0.epochs.count) epochs" }) were asked for")
    self.series = series
  }

  /// A script that makes gnuplot draw the curves into the PNG file at `pngPath`.
  ///
  /// Training is dashed, validation solid, a run has one colour; the dotted line is bicubic upsampling.
  public func script(pngPath: String) -> String {
    var lines = series.enumerated().map { "$run\($0.offset) << END\n\(Self.data($0.element))END" }
    lines.append(
      """
      set terminal pngcairo size 1500,\(440 + 24 * series.count) font "sans,11"
      set output \(Self.quoted(pngPath))
      set multiplot layout 1,\(Self.panels.count)
      set grid
      set xlabel "epoch" offset 0,0.6
      set key below vertical maxcols 1
      """)
    for (index, panel) in Self.panels.enumerated() {
      lines.append("set title \(Self.quoted(panel.title))")
      lines.append("plot " + curves(of: panel, firstColumn: 2 + 3 * index).joined(separator: ", \\\n  "))
    }
    lines.append("unset multiplot\n")
    return lines.joined(separator: "\n")
  }

  private func curves(of panel: Panel, firstColumn column: Int) -> [String] {
    var curves: [String] = []
    for (index, run) in series.enumerated() {
      for (offset, part, dash) in [(0, "train", 2), (1, "validation", 1)] {
        curves.append(
          "$run\(index) using 1:\(column + offset) with linespoints pointtype 7 pointsize 0.4 linewidth 2 "
            + "dashtype \(dash) linecolor \(index + 1) title \(Self.quoted("\(run.name) \(part)"))")
      }
    }
    if panel.baseline != nil {
      curves.append(
        "$run0 using 1:\(column + 2) with lines linewidth 1 dashtype 3 linecolor rgb 'black' title 'bicubic'"
      )
    }
    return curves
  }

  /// One row an epoch: its number, then train, validation and baseline of every panel.
  private static func data(_ run: CurveSeries) -> String {
    run.epochs.map { record in
      let values = panels.flatMap { panel in
        [panel.train(record), panel.valid(record), panel.baseline?(record) ?? .nan].map {
          $0.isFinite ? "\($0)" : "NaN"
        }
      }
      return "\(record.epoch) \(values.joined(separator: " "))\n"
    }.joined()
  }

  /// A string that gnuplot takes literally.
  private static func quoted(_ text: String) -> String {
    // In single quotes only the quote itself is special; enhanced text would take `_` for a subscript.
    "'" + text.replacing("'", with: "''").replacing("_", with: "\\_") + "'"
  }
}
