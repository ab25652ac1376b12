/// The curves, and what they are called.
extension ReportPage {
  var curves: Section? {
    let all = runs.map(\.series)
    guard all.contains(where: { !$0.epochs.isEmpty }) else { return nil }
    let further = FurtherNumbers(all)
    let main = CurvePanel.standard(all) + further.ofSets
    let rest = figures(further.others, all)
    let details: HTML =
      rest.isEmpty
      ? "" : "<details><summary>Further curves</summary>\n<div class=\"plots\">\n\(rest)</div>\n</details>\n"
    return Section(
      id: "curves", title: "Curves",
      content: """
        \(legend)<div class="plots">
        \(figures(main, all))</div>
        \(details)
        """)
  }

  private func figures(_ panels: [CurvePanel], _ series: [CurveSeries]) -> [HTML] {
    panels.compactMap { panel in
      CurveDrawing(panel, of: series).map { drawing in
        let scale: HTML = panel.isLogarithmic(series) ? " <span class=\"note\">logarithmic</span>" : ""
        return """
          <figure class="plot">
          <figcaption>\(panel.title)\(scale)</figcaption>
          \(drawing.markup)
          <div class="tip" hidden="hidden"></div>
          </figure>

          """
      }
    }
  }

  /// The names of runs and of lines. With a script, each can be switched off.
  private var legend: HTML {
    let entries: [HTML] = runs.enumerated().map { index, run in
      """
      <label><input type="checkbox" checked="checked" data-run="\(index)"/>\(swatch(ofRun: index))\(run.name)</label>

      """
    }
    let parts = [("valid", "validation"), ("train", "training"), ("baseline", "bicubic")]
    let lines: [HTML] = parts.map { part, name in
      """
      <label><input type="checkbox" checked="checked" data-part="\(part)"/>\
      <svg class="key" viewBox="0 0 28 8" aria-hidden="true"><g class="line \(part)"><polyline points="0,4 28,4"/></g></svg>\
      \(name)</label>

      """
    }
    return """
      <fieldset class="legend">
      <legend>Lines shown</legend>
      \(runs.count > 1 ? entries : [])\(lines)</fieldset>

      """
  }
}
