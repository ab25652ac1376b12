/// Training and validation curves of the loss and of metrics side by side, as a gnuplot script that contains its data.
package struct CurvePlot {
  /// Which curves share a picture.
  package enum Layout: Sendable {
    /// All runs. There is one row of pictures.
    case together
    /// Those of one run. Each run has a row, with loss, PSNR and SSIM, as in the paper.
    case separate
  }

  package let series: [CurveSeries]
  private let layout: Layout
  private let panels: [CurvePanel]

  /// Every series has at least one epoch.
  package init(_ series: [CurveSeries], _ layout: Layout = .together) {
    precondition(
      !series.isEmpty && series.allSatisfy { !$0.epochs.isEmpty },
      "curves of \(series.map { "\($0.name): \($0.epochs.count) epochs" }) cannot be drawn")
    self.series = series
    self.layout = layout
    panels = layout == .together ? CurvePanel.standard(series) : CurvePanel.standard([])
  }

  /// A script that makes gnuplot draw the curves into the PNG file at `pngPath`.
  ///
  /// Training curves are dashed, and validation curves are solid. Each run has one colour. The dotted line is bicubic upsampling. Names
  /// are shown as they are: without gnuplot's enhanced text, `_` makes no subscript.
  package func script(pngPath: String) -> String {
    var lines = series.enumerated().map { "$run\($0.offset) << END\n\(data($0.element))END" }
    let rows = layout == .together ? [Array(series.indices)] : series.indices.map { [$0] }
    lines.append(
      """
      set encoding utf8
      set terminal pngcairo noenhanced size \(500 * panels.count),\(rows.count * (440 + 48 * rows[0].count)) font "sans,11"
      set output \(Gnuplot.string(Gnuplot.path(pngPath)))
      set multiplot layout \(rows.count),\(panels.count)
      set grid
      set key below vertical maxcols 1
      """)
    for runs in rows {
      let drawn = runs.map { series[$0] }
      for (index, panel) in panels.enumerated() {
        let title = layout == .together ? panel.title : "\(drawn[0].name): \(panel.title)"
        lines.append("set title \(Gnuplot.string("\(title) by epoch"))")
        lines.append(panel.isLogarithmic(drawn) ? "set logscale y" : "unset logscale y")
        lines.append(
          "plot " + curves(of: panel, runs, firstColumn: 2 + 3 * index).joined(separator: ", \\\n  "))
      }
    }
    lines.append("unset multiplot\n")
    return lines.joined(separator: "\n")
  }

  private func curves(of panel: CurvePanel, _ runs: [Int], firstColumn column: Int) -> [String] {
    var curves: [String] = []
    for index in runs {
      let run = series[index]
      for (offset, part, dash) in [(0, "train", 2), (1, "validation", 1)]
      where part == "validation" || panel.train != nil {
        curves.append(
          "$run\(index) using 1:\(column + offset) with linespoints pointtype 7 pointsize 0.4 linewidth 2 "
            + "dashtype \(dash) linecolor \(index + 1) title \(Gnuplot.string("\(run.name) \(part)"))")
      }
    }
    if let position = panel.baselineRun(runs.map { series[$0] }) {
      curves.append(
        "$run\(runs[position]) using 1:\(column + 2) with lines linewidth 1 dashtype 3 linecolor rgb 'black' "
          + "title 'bicubic'")
    }
    return curves
  }

  /// One row per epoch: the epoch's number, with a fraction within an epoch, then training, validation and baseline values of every panel.
  private func data(_ run: CurveSeries) -> String {
    run.epochs.map { record in
      let values = panels.flatMap { $0.values(record) }.map { $0.isFinite ? "\($0)" : "NaN" }
      return
        "\(record.fraction == nil ? "\(record.epoch)" : "\(record.epochsDone)") \(values.joined(separator: " "))\n"
    }.joined()
  }
}
