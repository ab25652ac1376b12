import Foundation
import SRFiles

/// A report on one or several runs as a page of HTML that needs no other file and no network.
///
/// The same runs give the same bytes. The markup is also well-formed XML. The page's security policy allows one style sheet and one
/// script, by their hashes, and pictures within the page.
package struct ReportPage {
  /// The beginning of each page, by which ``isPage(_:)`` knows one.
  private static let beginning = "<!DOCTYPE html>\n<!-- A page of srdist report. -->\n"

  let runs: [ReportedRun]
  /// The table of epochs has every `interval`-th epoch.
  let interval: Int

  /// Precondition: there is at least one run, and `interval` is at least 1.
  package init(_ runs: [ReportedRun], every interval: Int = 1) {
    precondition(!runs.isEmpty && interval >= 1, "\(runs.count) runs, every \(interval) epochs")
    self.runs = Self.withDistinctNames(runs)
    self.interval = interval
  }

  /// Whether a file that begins so is a page of this program.
  package static func isPage(_ bytes: [UInt8]) -> Bool { bytes.starts(with: beginning.utf8) }

  /// The bytes that ``isPage(_:)`` needs.
  package static let markBytes = beginning.utf8.count

  package var bytes: [UInt8] { Array(markup.markup.utf8) }

  var markup: HTML {
    let sections = sections
    let links: [HTML] = sections.map { "<a href=\"#\(HTML(markup: $0.id))\">\($0.link ?? $0.title)</a>\n" }
    let bodies: [HTML] = sections.map { section in
      """
      <section id="\(HTML(markup: section.id))" aria-labelledby="\(HTML(markup: section.id))-title">
      <h2 id="\(HTML(markup: section.id))-title">\(section.title)</h2>
      \(section.content)
      </section>

      """
    }
    return """
      \(HTML(markup: Self.beginning))<html lang="en" class="no-script">
      <head>
      <meta charset="utf-8"/>
      <meta http-equiv="Content-Security-Policy" content="\(Self.policy)"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <title>\(title) - srdist report</title>
      <link rel="icon" href="data:,"/>
      <style>\(HTML(markup: Self.style))</style>
      </head>
      <body class="\(runs.count == 1 ? "one" : "several")">
      <header>
      <p class="program">srdist report</p>
      <h1>\(title)</h1>
      \(lead)
      <nav aria-label="Sections">
      \(links)</nav>
      </header>
      <main>
      \(remarks)\(bodies)</main>
      <script>\(HTML(markup: Self.script))</script>
      </body>
      </html>

      """
  }

  struct Section {
    let id: String
    let title: String
    /// The title in the list of sections, if it is shorter.
    var link: String?
    let content: HTML
  }

  private var sections: [Section] {
    [summary, curves, epochs, samples, settings, provenance, repetition].compactMap(\.self)
  }

  private var title: String { runs.map(\.name).joined(separator: ", ") }

  private var lead: HTML {
    guard runs.count == 1 else { return "<p class=\"lead\">\(runs.count) runs, side by side.</p>" }
    return "<p class=\"lead\">\(Self.progress(of: runs[0])).</p>"
  }

  /// How far a run is, such as `8 of 10 epochs, 64 steps. The best epoch by valid_psnr is 7`.
  static func progress(of run: ReportedRun) -> String {
    let count = run.epochs.count
    let epochs = run.plannedEpochs.map { "\(count) of \($0) epochs" } ?? "\(count) epochs"
    let steps = run.steps > 0 ? ", \(run.steps) steps" : ""
    let best = run.best.map { ". The best epoch by \($0.metric) is \($0.epoch)" } ?? ""
    return epochs + steps + best
  }

  private var remarks: HTML {
    let all = runs.flatMap { run in run.remarks.map { (run: run.name, text: $0) } }
    guard !all.isEmpty else { return "" }
    let items: [HTML] = all.map { remark in
      runs.count == 1 ? "<li>\(remark.text)</li>\n" : "<li><b>\(remark.run)</b>: \(remark.text)</li>\n"
    }
    return "<aside class=\"remarks\" aria-label=\"What is absent\">\n<ul>\n\(items)</ul>\n</aside>\n"
  }

  /// The class of a run's colour. The style sheet has eight colours, and they are used again after the eighth run.
  static func colour(ofRun index: Int) -> HTML { "run-\(index % 8)" }

  /// Runs of the same name are told apart by a number.
  private static func withDistinctNames(_ runs: [ReportedRun]) -> [ReportedRun] {
    let names = Dictionary(grouping: runs, by: \.name)
    var used: [String: Int] = [:]
    return runs.map { run in
      guard names[run.name, default: []].count > 1 else { return run }
      used[run.name, default: 0] += 1
      var run = run
      run.name += " (\(used[run.name, default: 0]))"
      return run
    }
  }

  // The comments around a script or style let a reader of XML take it for text.
  private static let style = wrapped(PackageResources.page_css, "/*", "*/")
  private static let script = wrapped(PackageResources.page_js, "/*", "*/")

  private static func wrapped(_ bytes: [UInt8], _ open: String, _ close: String) -> String {
    "\(open)<![CDATA[\(close)\n\(String(decoding: bytes, as: UTF8.self))\(open)]]>\(close)"
  }

  private static var policy: String {
    "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
      + "style-src '\(source(style))'; script-src '\(source(script))'"
  }

  /// A hash as a security policy names an allowed text.
  private static func source(_ text: String) -> String {
    let hasher = SHA256()
    hasher.update(text)
    let digits = Array(hasher.finalize().utf8)
    let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { position in
      UInt8(String(decoding: digits[position..<position + 2], as: UTF8.self), radix: 16)
    }
    return "sha256-\(Data(bytes).base64EncodedString())"
  }
}
