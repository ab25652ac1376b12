import Foundation
import SRData
import SRFiles
import SRReport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Pages of `srdist report --html`. `scripts/test-report-page` opens them in a browser.
@Suite struct ReportPageTests {
  /// A text that tries to become markup in every place: an element, an attribute, a script, a comment.
  private static let hostile =
    #"</pre></script><script>alert(1)</script>"' onload='x' --> ]]> &lt; "# + "\u{1B}\u{202E}\u{FFFE}"

  private func run(_ name: String, epochs: Int = 3) -> ReportedRun {
    var run = ReportedRun(name: name)
    run.epochs = (1...max(1, epochs)).map { SampleRecords.epoch($0, step: 8 * $0) }
    if epochs == 0 { run.epochs = [] }
    run.plannedEpochs = 4
    run.steps = 8 * epochs
    if epochs > 0 { run.best = .init(epoch: epochs, metric: "valid_psnr") }
    run.configuration = "loss: mse=1\nepochs: 4\n"
    run.settings = [.init("loss", "mse=1"), .init("epochs", "4")]
    run.facts = [.init(ReportedRun.Fact.dataHash, "abc")]
    return run
  }

  private func text(_ runs: [ReportedRun]) -> String {
    String(decoding: ReportPage(runs).bytes, as: UTF8.self)
  }

  @Test func textsNeverBecomeMarkup() throws {
    var hostile = run(Self.hostile)
    hostile.epochs[0].trainTerms = [Self.hostile: 1]
    hostile.epochs[1].validTerms = [Self.hostile: 1]
    hostile.epochs[2].weightsSHA256 = Self.hostile
    hostile.epochs[0][.valid, "Set5/\(Self.hostile)"] = 1
    hostile.best = .init(epoch: 2, metric: Self.hostile)
    hostile.configuration = "loss: \(Self.hostile)\n"
    hostile.settings = [.init(Self.hostile, Self.hostile)]
    hostile.facts = [.init(Self.hostile, Self.hostile)]
    hostile.remarks = [Self.hostile]
    hostile.sheets = [SampleSheet(epoch: 2, image: Pictures.sheet([Pictures.sample(seed: 1)]))]
    let ofSamples = ["data-version", "data-psnr", "data-side", "src", "alt", "width", "height"]
    let plain = try Page(ReportPage([run("a")]).bytes)
    for runs in [[hostile], [hostile, run("b")], [run("b"), hostile, hostile]] {
      let page = try Page(ReportPage(runs).bytes)
      #expect(page.count("script") == 1)
      #expect(
        page.attributes.isSubset(of: plain.attributes.union(ofSamples)))
      #expect(page.text.contains(Self.hostile.onOneLine.replacing("\u{FFFE}", with: "\u{FFFD}")))
      #expect(!page.text.unicodeScalars.contains("\u{1B}"))
    }
  }

  @Test func pagesNeedNothingElse() throws {
    for runs in [[run("a")], [run("a"), run("b", epochs: 0)], [ReportedRun(name: "empty")]] {
      let page = try Page(ReportPage(runs).bytes)
      for (attribute, value) in page.links {
        #expect(value.hasPrefix("data:") || value.hasPrefix("#"), "\(attribute)")
      }
      let policy = try #require(page.policy)
      #expect(
        policy.hasPrefix("default-src 'none';") && !policy.contains("unsafe") && !policy.contains("http"))
      // The hashes are those of the page's only style and script, so a browser runs nothing else.
      for (element, source) in [("style", "style-src"), ("script", "script-src")] {
        let markup = text(runs)
        let start = try #require(markup.range(of: "<\(element)>")).upperBound
        let end = try #require(markup.range(of: "</\(element)>")).lowerBound
        let hasher = SHA256()
        hasher.update(String(markup[start..<end]))
        let digits = Array(hasher.finalize())
        let bytes = stride(from: 0, to: 64, by: 2).compactMap {
          UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
        #expect(policy.contains("\(source) 'sha256-\(Data(bytes).base64EncodedString())'"))
      }
      #expect(page.attributes.isDisjoint(with: ["style"]) && !page.attributes.contains { $0.hasPrefix("on") })
    }
  }

  @Test func sameRunsGiveTheSameBytes() {
    var first = run("a")
    first.epochs[2].validTerms = ["x": 1, "y": 2, "z": 3]
    #expect(ReportPage([first, run("b")]).bytes == ReportPage([first, run("b")]).bytes)
    #expect(ReportPage.isPage(ReportPage([first]).bytes) && !ReportPage.isPage(Array("<!DOCTYPE html>".utf8)))
  }

  @Test func whatIsAbsentIsSaid() throws {
    var empty = ReportedRun(name: "begun")
    empty.remarks = ["There is no metrics.jsonl."]
    let page = try Page(ReportPage([empty]).bytes)
    #expect(
      page.text.contains("No epoch has finished yet.") && page.text.contains("There is no metrics.jsonl."))
    #expect(page.text.contains("no command that repeats it") && page.count("svg") == 0)
    var unmeasured = run("unmeasured", epochs: 1)
    unmeasured.epochs[0].validLoss = .nan
    for metric in ["psnr", "ssim", "mse"] { unmeasured.epochs[0][.valid, metric] = nil }
    unmeasured.best = nil
    #expect(try Page(ReportPage([unmeasured]).bytes).text.contains("Results of epoch 1, the last"))
    _ = try Page(ReportPage([unmeasured, run("a"), empty]).bytes)
  }

  @Test func numbersOfAnyNameHaveCurves() throws {
    var measured = run("a")
    for index in measured.epochs.indices {
      measured.epochs[index].validTerms = ["mse": 0.25]
      measured.epochs[index].trainTerms = ["mse": 0.5]
    }
    let more = #""Set5/psnr":31.5,"Set5/bicubic_psnr":28.5,"novel":7,"train_loss""#
    measured.epochs = try measured.epochs.map { record in
      let line = String(decoding: try ReadableJSON.encode(record, .oneLine), as: UTF8.self)
      return try ReadableJSON.decode(
        EpochRecord.self, from: line.replacing("\"train_loss\"", with: more).utf8)
    }
    let page = try Page(ReportPage([measured]).bytes)
    #expect(page.captions.prefix(4) == ["loss", "PSNR / dB", "SSIM", "Set5: PSNR / dB"])
    #expect(page.captions.dropFirst(4) == ["MSE", "novel", "term of the loss: mse"])
    // Bicubic upsampling of PSNR, SSIM and the set, and no panel of its own.
    #expect(page.lines.filter { $0.contains("baseline") }.count == 3)
    #expect(page.text.contains("bicubic 28.50"))
    #expect(page.values.contains("31.50 31.50 31.50") && page.values.contains("28.50 28.50 28.50"))
  }

  @Test func curvesLieInTheirPictures() throws {
    var broken = run("a", epochs: 40)
    broken.epochs[9].validLoss = .nan
    for epoch in 0..<40 { broken.epochs[epoch].trainLoss = pow(10, Double(epoch % 7)) }
    var flat = run("b", epochs: 1)
    flat.epochs[0].epoch = 7
    for runs in [[broken], [flat], [broken, flat]] {
      let page = try Page(ReportPage(runs).bytes)
      let numbers = page.points.flatMap { $0.split { " ,".contains($0) }.compactMap { Double($0) } }
      #expect(numbers.allSatisfy { (0...380).contains($0) })
      #expect(numbers.count.isMultiple(of: 2))
    }
    // The line is interrupted where there is no number: 9 epochs, then 30.
    let lengths = try Page(ReportPage([broken]).bytes).points.map { $0.split(separator: " ").count }
    #expect(lengths.contains(9) && lengths.contains(30))
    #expect(text([broken]).contains("logarithmic"))
  }

  @Test func comparedRunsShowWhatDiffers() throws {
    var other = run("b")
    other.settings = [.init("loss", "charbonnier=1"), .init("epochs", "4"), .init("blocks", "2")]
    other.facts = [.init(ReportedRun.Fact.dataHash, "def")]
    var measured = run("b", epochs: 1)
    measured.epochs[0] = try ReadableJSON.decode(
      EpochRecord.self,
      from: String(decoding: try ReadableJSON.encode(measured.epochs[0], .oneLine), as: UTF8.self)
        .replacing("\"train_loss\"", with: #""Set5/psnr":31.5,"Set5/bicubic_psnr":28.5,"train_loss""#).utf8)
    let page = text([run("a"), other])
    #expect(page.contains("different data") && page.contains("different losses"))
    #expect(page.components(separatedBy: "class=\"differs\"").count == 3)
    #expect(page.contains("Settings that are the same (1)"))
    // Numbers of different images have no best one.
    #expect(
      !page.contains("<strong>") && text([run("a"), run("b", epochs: 2)]).contains("<strong>26.10</strong>"))
    let sets = try Page(ReportPage([run("a", epochs: 9), measured]).bytes)
    #expect(sets.text.contains("Set5: PSNR / dB") && sets.values.contains("28.50"))
    // The table of epochs.
    #expect(sets.text.contains("Set5 PSNR"))
    let twins = text([run("a"), run("a")])
    #expect(
      twins.contains("a (1)") && twins.contains("a (2)") && twins.contains("All settings are the same."))
  }
}

/// What a reader of XML finds in a page.
private final class Page: NSObject, XMLParserDelegate {
  private(set) var text = ""
  private(set) var attributes: Set<String> = []
  /// Where the page refers to.
  private(set) var links: [(String, String)] = []
  private(set) var policy: String?
  private(set) var captions: [String] = []
  /// The classes of lines, their values and their points.
  private(set) var lines: [String] = []
  private(set) var values: [String] = []
  private(set) var points: [String] = []
  private var elements: [String: Int] = [:]
  private var path: [String] = []

  init(_ bytes: [UInt8]) throws {
    super.init()
    let parser = XMLParser(data: Data(bytes))
    parser.delegate = self
    try #require(parser.parse(), "line \(parser.lineNumber): \(String(describing: parser.parserError))")
  }

  func count(_ element: String) -> Int { elements[element, default: 0] }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes found: [String: String]
  ) {
    path.append(name)
    elements[name, default: 0] += 1
    attributes.formUnion(found.keys)
    for key in ["src", "href", "action", "xlink:href"] {
      if let value = found[key] { links.append((key, value)) }
    }
    if found["http-equiv"] == "Content-Security-Policy" { policy = found["content"] }
    if name == "figcaption" { captions.append("") }
    if let kind = found["class"], kind.hasPrefix("line "), let value = found["data-values"] {
      lines.append(kind)
      values.append(value)
    }
    if name == "polyline", let place = found["points"] { points.append(place) }
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?)
  {
    path.removeLast()
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    if !["script", "style"].contains(path.last) { text += string }
    if path.last == "figcaption" { captions[captions.count - 1] += string }
  }
}
