import Foundation
import SRReport
import SRTestSupport
import Testing

/// Texts that gnuplot reads back, whatever characters they hold.
@Suite(.enabled(if: Gnuplot.isInstalled, "gnuplot is not installed")) struct GnuplotTextTests {
  private static let texts: [String] = {
    let characters = (1...0x7F).map { String(Unicode.Scalar(UInt8($0))) } + ["é", "中", "😀"]
    return characters.flatMap { [$0, "a\($0)b", "\($0)\($0)"] } + [
      #"`echo x` $(y) @z "q" {/=9 a}_{b}^2"#, "it's",
    ]
  }()

  private static var gnuplot: String { "gnuplot" }

  @Test func stringsAreReadBack() throws {
    let folder = try TemporaryFolder()
    // \36 separates the texts. Each ends in a letter, because gnuplot drops nothing in front of one.
    let lines = Self.texts.map { "print sprintf('<%s>', \(Gnuplot.string($0)))" }
    let script = try folder.write(
      Array("set print \(Gnuplot.string(folder.file("printed")))\n\(lines.joined(separator: "\n"))\n".utf8),
      as: "a.gp")
    let run = try ChildRun("/usr/bin/env", [Self.gnuplot, script])
    try #require(run.status == 0, "\(run.errors)")
    #expect(try folder.text("printed") == Self.texts.map { "<\($0)>\n" }.joined())
  }

  /// The legend shows names as they are: no subscripts, no braces that vanish.
  @Test func namesAreShownAsTheyAre() throws {
    let folder = try TemporaryFolder()
    let name = #"my_run^2 {a} @b &c ~d 'e' "f" $g `h` \i % # é"#
    let plot = CurvePlot([CurveSeries(name: name, epochs: (1...3).map { SampleRecords.epoch($0, step: $0) })])
    let picture = folder.file("curves.svg")
    let script = plot.script(pngPath: picture).replacing("pngcairo", with: "svg")
    _ = try Gnuplot.run(script, keptAt: folder.file("curves.gp"))
    let svg = try String(contentsOfFile: picture, encoding: .utf8)
    let shown = svg.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    #expect(shown.contains("\(name) validation"), "\(svg.prefix(4000))")
  }
}
