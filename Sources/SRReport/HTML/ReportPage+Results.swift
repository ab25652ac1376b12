import SRMetrics

/// What came out: the figures of one run, or the table that compares several.
extension ReportPage {
  /// The metrics that runs are compared by.
  private static let metrics: [MetricDescription] = [.psnr, .ssim, .lpips]

  var summary: Section? {
    guard runs.contains(where: { !$0.epochs.isEmpty }) else {
      return Section(
        id: "results", title: "Results", content: "<p class=\"absent\">No epoch has finished yet.</p>")
    }
    return runs.count == 1 ? figures(of: runs[0]) : comparison
  }

  /// The record that stands for a run: that of the best epoch or, if it is not known, of the last.
  private static func representative(of run: ReportedRun) -> EpochRecord? {
    run.bestRecord ?? run.epochs.last
  }

  private func figures(of run: ReportedRun) -> Section? {
    guard let record = Self.representative(of: run) else { return nil }
    var figures: [HTML] = Self.metrics.compactMap { metric in
      guard let value = record[.valid, metric.name], value.isFinite else { return nil }
      return Self.figure(
        metric.title, value.fixed(metric.decimals), metric.unit,
        Self.againstBicubic(record, metric) ?? "validation images")
    }
    for panel in FurtherNumbers([run.series]).ofSets where panel.valid(record).isFinite {
      let bicubic = panel.baseline?(record) ?? .nan
      figures.append(
        Self.figure(
          panel.title, panel.text(panel.valid(record)), nil,
          bicubic.isFinite ? "bicubic \(panel.text(bicubic))" : "validation set"))
    }
    if record.validLoss.isFinite {
      figures.append(
        Self.figure(
          "Loss", record.validLoss.significant(4), nil,
          record.measures(.train) ? "training \(record.trainLoss.significant(4))" : "validation images"))
    }
    if !run.completeEpochs.isEmpty {
      figures.append(
        Self.figure(
          "Time", Self.median(run.completeEpochs.map(\.seconds)).significant(3), "s", "per epoch, the median")
      )
    }
    let which = run.bestRecord == nil ? "the last" : "the best"
    return Section(
      id: "results", title: "Results of epoch \(EpochTable.name(of: record)), \(which)", link: "Results",
      content: "<dl class=\"figures\">\n\(figures)</dl>")
  }

  private static func figure(_ name: String, _ value: String, _ unit: String?, _ note: String) -> HTML {
    let unit: HTML = unit.map { " <span class=\"unit\">\($0)</span>" } ?? ""
    return """
      <div><dt>\(name)</dt><dd><span class="value">\(value)\(unit)</span> <span class="note">\(note)</span></dd></div>

      """
  }

  /// Such as `0.06 dB above bicubic`; nil if bicubic upsampling was not measured.
  private static func againstBicubic(_ record: EpochRecord, _ metric: MetricDescription) -> String? {
    guard let value = record[.valid, metric.name], let bicubic = record[.bicubic, metric.name],
      value.isFinite, bicubic.isFinite
    else { return nil }
    let gain = abs(value - bicubic).fixed(metric.decimals) + (metric.unit.map { " \($0)" } ?? "")
    return "\(gain) \(value < bicubic ? "below" : "above") bicubic"
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? .nan : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  private var comparison: Section? {
    let records = runs.map(Self.representative)
    let metrics = Self.metrics.filter { metric in records.contains { $0?[.valid, metric.name] != nil } }
    let best: [String?] = metrics.map { metric in
      let values = records.compactMap { $0?[.valid, metric.name] }.filter(\.isFinite)
      let best = metric.isLargerBetter ? values.max() : values.min()
      return values.count > 1 && !differs(ReportedRun.Fact.dataHash, \.facts)
        ? best?.fixed(metric.decimals) : nil
    }
    let titles: [HTML] = metrics.map { metric in
      let gain: HTML = metric == .psnr ? "<th scope=\"col\">over bicubic</th>" : ""
      return "<th scope=\"col\">\(metric.title)\(metric.unit.map { " / \($0)" } ?? "")</th>\(gain)"
    }
    let sets = FurtherNumbers(runs.map(\.series)).ofSets
    let setTitles: [HTML] = sets.map { "<th scope=\"col\">\($0.title)</th>" }
    let rows: [HTML] = runs.enumerated().map { index, run in
      let record = records[index]
      let cells: [HTML] = zip(metrics, best).map { metric, best in
        let value = record?[.valid, metric.name].map { $0.fixed(metric.decimals) } ?? ""
        let cell: HTML =
          value == best ? "<td class=\"best\"><strong>\(value)</strong></td>" : "<td>\(value)</td>"
        return metric == .psnr ? "\(cell)<td>\(Self.gain(record))</td>" : cell
      }
      let setCells: [HTML] = sets.map { panel in
        let value = record.map(panel.valid) ?? .nan
        return "<td>\(value.isFinite ? panel.text(value) : "")</td>"
      }
      let epochs =
        run.plannedEpochs.map { "\(run.completeEpochs.count) of \($0)" } ?? "\(run.completeEpochs.count)"
      let seconds =
        run.completeEpochs.isEmpty ? "" : Self.median(run.completeEpochs.map(\.seconds)).significant(3)
      return """
        <tr><th scope="row">\(swatch(ofRun: index))\(run.name)</th><td>\(epochs)</td>\
        <td>\(record.map(EpochTable.name) ?? "")</td>\(cells)\(setCells)<td>\(seconds)</td></tr>

        """
    }
    let notes: [HTML] = comparisonNotes.map { "<p class=\"caveat\">\($0)</p>\n" }
    return Section(
      id: "results", title: "Results",
      content: """
        <p class="note">Validation images at each run's best epoch. \
        If the runs have the same data, the best number of a column is bold.</p>
        <div class="scroll" tabindex="0" role="region" aria-label="Results of the runs">
        <table>
        <thead><tr><th scope="col">run</th><th scope="col">epochs</th><th scope="col">best epoch</th>\(titles)\(setTitles)\
        <th scope="col">s per epoch</th></tr></thead>
        <tbody>
        \(rows)</tbody>
        </table>
        </div>
        \(notes)
        """)
  }

  private static func gain(_ record: EpochRecord?) -> String {
    guard let record, let value = record[.valid, MetricDescription.psnr.name],
      let bicubic = record[.bicubic, MetricDescription.psnr.name], (value - bicubic).isFinite
    else { return "" }
    return (value < bicubic ? "\u{2212}" : "+") + abs(value - bicubic).fixed(2)
  }

  /// Whether runs that have a fact differ in it.
  private func differs(_ name: String, _ facts: (ReportedRun) -> [ReportedRun.Fact]) -> Bool {
    Set(runs.compactMap { run in facts(run).first { $0.name == name }?.value }).count > 1
  }

  /// Why numbers of different runs cannot be compared.
  private var comparisonNotes: [String] {
    var notes: [String] = []
    if differs(ReportedRun.Fact.dataHash, \.facts) {
      notes.append("The runs have different data, so their numbers are of different images.")
    }
    if differs("loss", \.settings) {
      notes.append("The runs have different losses, so their values of the loss are no comparison.")
    }
    return notes
  }

  func swatch(ofRun index: Int) -> HTML {
    "<span class=\"swatch \(Self.colour(ofRun: index))\" aria-hidden=\"true\"></span>"
  }
}
