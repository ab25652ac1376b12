import Foundation
import SRFiles

/// What the runs are: their settings, the network, the hashes, and how to repeat them.
extension ReportPage {
  var settings: Section? {
    let table = FactTable(runs, facts: \.settings)
    guard !table.rows.isEmpty else { return nil }
    let (different, same) = (table.rows.filter(\.differs), table.rows.filter { !$0.differs })
    let content: HTML
    if runs.count == 1 {
      let entries: [HTML] = table.rows.map { row in
        "<div><dt>\(row.name)</dt><dd>\(row.values[0] ?? "")</dd></div>\n"
      }
      content = "<dl class=\"settings\">\n\(entries)</dl>"
    } else {
      let first: HTML =
        different.isEmpty
        ? "<p>All settings are the same.</p>\n"
        : "<p class=\"note\">Settings that differ</p>\n\(markup(of: different, label: "Settings that differ", absent: "not set", marks: true))"
      content = """
        \(first)<details><summary>Settings that are the same (\(same.count))</summary>
        \(markup(of: same, label: "Settings that are the same", absent: "not set"))</details>
        """
    }
    return Section(id: "configuration", title: "Configuration", content: content)
  }

  var provenance: Section? {
    let table = FactTable(runs, facts: \.facts)
    guard !table.rows.isEmpty else { return nil }
    return Section(
      id: "origin", title: "Network and hashes",
      content: """
        \(markup(of: table.rows, label: "Network and hashes", absent: "not known"))\
        <p class="note">As the run recorded them. <code>srdist inspect</code> reads the checkpoints and verifies them.</p>
        """)
  }

  private func markup(
    of rows: [FactTable.Row], label: String, absent: String, marks marksRows: Bool = false
  ) -> HTML {
    let names: [HTML] = runs.enumerated().map { index, run in
      "<th scope=\"col\">\(swatch(ofRun: index))\(run.name)</th>"
    }
    let head: HTML =
      runs.count > 1 ? "<thead><tr><td></td>\(names)</tr></thead>\n" : ""
    let lines: [HTML] = rows.map { row in
      let cells: [HTML] = row.values.map { value in
        value.map { "<td>\($0)</td>" } ?? "<td><span class=\"absent\">\(absent)</span></td>"
      }
      let mark: HTML = marksRows ? " class=\"differs\"" : ""
      return "<tr\(mark)><th scope=\"row\">\(row.name)</th>\(cells)</tr>\n"
    }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="\(label)">
      <table class="facts">
      \(head)<tbody>
      \(lines)</tbody>
      </table>
      </div>

      """
  }

  var repetition: Section? {
    let parts: [HTML] = runs.enumerated().map { index, run in
      let title: HTML = runs.count > 1 ? "<h3>\(swatch(ofRun: index))\(run.name)</h3>\n" : ""
      return "\(title)\(repetition(of: run))"
    }
    return Section(
      id: "repeat", title: "Repeat",
      content: """
        \(parts)<p class="note">Any number of ranks and threads gives the same weights to the bit, with the same program \
        and the same data. Relative paths begin in the folder in which the run was started.</p>
        """)
  }

  private func repetition(of run: ReportedRun) -> HTML {
    guard let text = run.configuration else {
      return "<p class=\"absent\">The run has no config.yaml, so there is no command that repeats it.</p>\n"
    }
    let download = "data:text/yaml;charset=utf-8;base64,\(Data(text.utf8).base64EncodedString())"
    let hash: HTML =
      run.epochs.last.flatMap { last in
        last.weightsSHA256.map { hash -> HTML in
          "<p>After epoch \(last.epoch), the weights must have the SHA-256 <code>\(hash)</code>.</p>\n"
        }
      } ?? ""
    let command = "srdist train --config config.yaml --output repeated"
    // A rank needs an image of each batch.
    let batch = text.firstMatch(of: /(?m)^batch-size: *([0-9]+)/).flatMap { Int($0.1) } ?? 1
    let several: HTML =
      batch > 1
      ? "\nor, on two ranks,\n<code class=\"command\">mpirun -n 2 \(command)</code>" : ""
    return """
      <ol>
      <li>Save <a download="config.yaml" href="\(download)">config.yaml</a>.</li>
      <li><code class="command">\(command)</code>\(several)</li>
      </ol>
      \(hash)<details><summary>config.yaml</summary>
      <pre tabindex="0">\(lines: text)</pre>
      </details>

      """
  }
}

/// Facts of several runs, beside each other.
private struct FactTable {
  struct Row {
    let name: String
    /// One value for each run; nil if the run has none.
    let values: [String?]
    /// Whether the runs that have facts at all differ in this one.
    let differs: Bool
  }

  let rows: [Row]

  init(_ runs: [ReportedRun], facts: (ReportedRun) -> [ReportedRun.Fact]) {
    var names: [String] = []
    for run in runs {
      for fact in facts(run) where !names.contains(fact.name) { names.append(fact.name) }
    }
    let known = runs.map { !facts($0).isEmpty }
    rows = names.map { name in
      let values = runs.map { run in facts(run).first { $0.name == name }?.value }
      return Row(
        name: name, values: values, differs: Set(zip(values, known).filter(\.1).map(\.0)).count > 1)
    }
  }
}

extension ReportedRun.Fact {
  /// The name of the fact that tells whether runs have the same data.
  package static let dataHash = "data SHA-256"
}
