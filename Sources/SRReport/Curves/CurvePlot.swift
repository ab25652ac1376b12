/// Training and validation curves of the loss and of metrics side by side, as a gnuplot script that contains its data.
package struct CurvePlot {
  package let series: [CurveSeries]
  private let panels: [CurvePanel]

  /// Every series has at least one epoch.
  package init(_ series: [CurveSeries]) {
    precondition(
      !series.isEmpty && series.allSatisfy { !$0.epochs.isEmpty },
      "curves of \(series.map { "\($0.name): \($0.epochs.count) epochs" }) cannot be drawn")
    self.series = series
    panels = CurvePanel.standard(series)
  }

  /// A script that makes gnuplot draw the curves into the PNG file at `pngPath`.
  ///
  /// Training curves are dashed, and validation curves are solid. Each run has one colour. The dotted line is bicubic upsampling. Names
  /// are shown as they are: without gnuplot's enhanced text, `_` makes no subscript.
  package func script(pngPath: String) -> String {
    var lines = series.enumerated().map { "$run\($0.offset) << END\n\(data($0.element))END" }
    lines.append(
      """
      set encoding utf8
      set terminal pngcairo noenhanced size \(500 * panels.count),\(440 + 48 * series.count) font "sans,11"
      set output \(Gnuplot.string(Gnuplot.path(pngPath)))
      set multiplot layout 1,\(panels.count)
      set grid
      set key below vertical maxcols 1
      """)
    for (index, panel) in panels.enumerated() {
      lines.append("set title \(Gnuplot.string("\(panel.title) by epoch"))")
      lines.append(panel.isLogarithmic(series) ? "set logscale y" : "unset logscale y")
      lines.append("plot " + curves(of: panel, firstColumn: 2 + 3 * index).joined(separator: ", \\\n  "))
    }
    lines.append("unset multiplot\n")
    return lines.joined(separator: "\n")
  }

  private func curves(of panel: CurvePanel, firstColumn column: Int) -> [String] {
    var curves: [String] = []
    for (index, run) in series.enumerated() {
      for (offset, part, dash) in [(0, "train", 2), (1, "validation", 1)]
      where part == "validation" || panel.train != nil {
        curves.append(
          "$run\(index) using 1:\(column + offset) with linespoints pointtype 7 pointsize 0.4 linewidth 2 "
            + "dashtype \(dash) linecolor \(index + 1) title \(Gnuplot.string("\(run.name) \(part)"))")
      }
    }
    if let run = panel.baselineRun(series) {
      curves.append(
        "$run\(run) using 1:\(column + 2) with lines linewidth 1 dashtype 3 linecolor rgb 'black' "
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
