/// The table of epochs, as `srdist report` prints it.
extension ReportPage {
  var epochs: Section? {
    let tables: [HTML] = runs.enumerated().compactMap { index, run in
      guard !run.epochs.isEmpty else { return nil }
      let table = table(of: run)
      guard runs.count > 1 else { return table }
      return """
        <details>
        <summary>\(swatch(ofRun: index))\(run.name)</summary>
        \(table)</details>

        """
    }
    return tables.isEmpty ? nil : Section(id: "epochs", title: "Epochs", content: "\(tables)")
  }

  private func table(of run: ReportedRun) -> HTML {
    let rows = EpochTable.rows(run.epochs, every: interval)
    let titles: [HTML] = rows[0].map { "<th scope=\"col\">\($0)</th>" }
    let body: [HTML] = rows.dropFirst().map { row in
      let isBest = run.bestRecord.map { row[0] == EpochTable.name(of: $0) } ?? false
      let cells: [HTML] = row.dropFirst().map { "<td>\($0)</td>" }
      let name: HTML = isBest ? "\(row[0]) <span class=\"badge\">best</span>" : "\(row[0])"
      let kind: HTML = isBest ? " class=\"best\"" : row[0] == "bicubic" ? " class=\"baseline\"" : ""
      return "<tr\(kind)><th scope=\"row\">\(name)</th>\(cells)</tr>\n"
    }
    return """
      <div class="scroll tall" tabindex="0" role="region" aria-label="Epochs of \(run.name)">
      <table>
      <thead><tr>\(titles)</tr></thead>
      <tbody>
      \(body)</tbody>
      </table>
      </div>

      """
  }
}
