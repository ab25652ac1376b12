import SRMetrics

/// Training and validation curves of the loss and of metrics side by side, as a gnuplot script that contains its data.
package struct CurvePlot {
  private struct Panel: Sendable {
    let title: String
    /// Nil if only validation is measured.
    var train: (@Sendable (EpochRecord) -> Double)?
    let valid: @Sendable (EpochRecord) -> Double
    /// A value for the validation images to compare with.
    var baseline: (@Sendable (EpochRecord) -> Double)?

    func values(_ record: EpochRecord) -> [Double] {
      [train?(record) ?? .nan, valid(record), baseline?(record) ?? .nan]
    }
  }

  /// The metrics that have panels. `always` are in every log. `ifMeasured` have a panel if some epoch has their values.
  private static let always: [MetricDescription] = [.psnr, .ssim]
  private static let ifMeasured: [MetricDescription] = [.lpips]

  private static func panel(of metric: MetricDescription) -> Panel {
    func value(_ part: EpochRecord.Part) -> @Sendable (EpochRecord) -> Double {
      let name = metric.name
      return { $0[part, name] ?? .nan }
    }
    return Panel(
      title: metric.title + (metric.unit.map { " / \($0)" } ?? ""),
      train: metric.isForTraining ? value(.train) : nil, valid: value(.valid), baseline: value(.bicubic))
  }

  /// If the ratio of a panel's values is larger than this, the axis is logarithmic. Several presets' losses are an example.
  private static let largestLinearRatio = 50.0

  package let series: [CurveSeries]
  private let panels: [Panel]

  /// Every series has at least one epoch.
  package init(_ series: [CurveSeries]) {
    precondition(
      !series.isEmpty && series.allSatisfy { !$0.epochs.isEmpty },
      "curves of \(series.map { "\($0.name): \($0.epochs.count) epochs" }) cannot be drawn")
    self.series = series
    let further = Self.ifMeasured.map(Self.panel).filter { panel in
      series.contains { $0.epochs.contains { !panel.valid($0).isNaN } }
    }
    panels =
      [Panel(title: "loss", train: \.trainLoss, valid: \.validLoss)] + Self.always.map(Self.panel) + further
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
      lines.append(isLogarithmic(panel) ? "set logscale y" : "unset logscale y")
      lines.append("plot " + curves(of: panel, firstColumn: 2 + 3 * index).joined(separator: ", \\\n  "))
    }
    lines.append("unset multiplot\n")
    return lines.joined(separator: "\n")
  }

  private func isLogarithmic(_ panel: Panel) -> Bool {
    let values = series.flatMap(\.epochs).flatMap { panel.values($0) }.filter(\.isFinite)
    guard let least = values.min(), let largest = values.max(), least > 0 else { return false }
    return largest / least > Self.largestLinearRatio
  }

  private func curves(of panel: Panel, firstColumn column: Int) -> [String] {
    var curves: [String] = []
    for (index, run) in series.enumerated() {
      for (offset, part, dash) in [(0, "train", 2), (1, "validation", 1)]
      where part == "validation" || panel.train != nil {
        curves.append(
          "$run\(index) using 1:\(column + offset) with linespoints pointtype 7 pointsize 0.4 linewidth 2 "
            + "dashtype \(dash) linecolor \(index + 1) title \(Gnuplot.string("\(run.name) \(part)"))")
      }
    }
    if panel.baseline != nil {
      curves.append(
        "$run\(longestRun) using 1:\(column + 2) with lines linewidth 1 dashtype 3 linecolor rgb 'black' "
          + "title 'bicubic'")
    }
    return curves
  }

  /// The run whose baseline is drawn. The longest run's baseline spans the whole picture.
  private var longestRun: Int {
    series.indices.max { series[$0].epochs.count < series[$1].epochs.count } ?? 0
  }

  /// One row per epoch: the epoch's number, then training, validation and baseline values of every panel.
  private func data(_ run: CurveSeries) -> String {
    run.epochs.map { record in
      let values = panels.flatMap { $0.values(record) }.map { $0.isFinite ? "\($0)" : "NaN" }
      return "\(record.epoch) \(values.joined(separator: " "))\n"
    }.joined()
  }
}

/// The epochs of one run, and the run's name in a picture's legend.
package struct CurveSeries: Equatable, Sendable {
  package var name: String
  package var epochs: [EpochRecord]

  package init(name: String, epochs: [EpochRecord]) {
    self.name = name
    self.epochs = epochs
  }
}
