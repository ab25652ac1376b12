import Foundation
import SRData
import SRReport
import SRTestSupport
import Testing

@Suite struct CurvePlotTests {
  private var plot: CurvePlot {
    var short = (1...3).map { SampleRecords.epoch($0, step: $0) }
    short[1].validLoss = .nan
    return CurvePlot([
      CurveSeries(name: "vanilla", epochs: (1...20).map { SampleRecords.epoch($0, step: $0) }),
      CurveSeries(name: "it's_another", epochs: short),
    ])
  }

  @Test func scriptHoldsEveryEpochOfEveryRun() throws {
    let script = plot.script(pngPath: "curves.png")
    #expect(script.components(separatedBy: "END\n").count == 5)
    let record = SampleRecords.epoch(20, step: 20)
    let psnr = try #require(record[.train, "psnr"])
    #expect(script.contains("\n20 \(record.trainLoss) \(record.validLoss) NaN \(psnr) "))
    for title in ["loss", "PSNR / dB", "SSIM"] { #expect(script.contains("set title '\(title) by epoch'")) }
    #expect(script.contains("2 0.1 NaN NaN "))
    #expect(script.contains("pngcairo noenhanced") && script.contains("'it''s_another validation'"))
  }

  @Test func lossesOfSeveralOrdersAreOnALogarithmicAxis() {
    var huge = (1...20).map { SampleRecords.epoch($0, step: $0) }
    for index in huge.indices { huge[index].trainLoss *= 1000 }
    let both = CurvePlot(plot.series + [CurveSeries(name: "huge", epochs: huge)])
    #expect(both.script(pngPath: "curves.png").components(separatedBy: "\nset logscale y").count == 2)
    #expect(!plot.script(pngPath: "curves.png").contains("\nset logscale y"))
  }

  @Test func baselineIsTheLongestRuns() {
    let script = CurvePlot(plot.series.reversed()).script(pngPath: "curves.png")
    #expect(script.contains("$run1 using 1:7 with lines"))
  }

  @Test func runsApartHaveARowEach() {
    var series = plot.series
    series[0].epochs[0][.valid, "lpips"] = 0.125
    // Far above the other run's.
    for index in series[1].epochs.indices { series[1].epochs[index].trainLoss *= 1000 }
    let script = CurvePlot(series, .separate).script(pngPath: "curves.png")
    #expect(script.contains("set multiplot layout 2,3\n") && !script.contains("LPIPS"))
    for title in ["vanilla: loss", "vanilla: SSIM", "it''s_another: PSNR / dB"] {
      #expect(script.contains("set title '\(title) by epoch'"), "\(title)")
    }
    let plots = script.components(separatedBy: "\nplot ").dropFirst()
    #expect(plots.count == 6)
    for (index, text) in plots.enumerated() {
      #expect(text.contains("$run\(index / 3) ") && !text.contains("$run\(1 - index / 3) "))
    }
  }

  @Test func lpipsHasAPanelWhereSomeRunMeasuredIt() {
    var series = plot.series
    series[0].epochs[4][.valid, "lpips"] = 0.125
    series[0].epochs[4][.bicubic, "lpips"] = 0.34
    let script = CurvePlot(series).script(pngPath: "curves.png")
    #expect(script.contains("set title 'LPIPS by epoch'"))
    #expect(script.contains(" NaN 0.125 0.34\n"))
    #expect(!plot.script(pngPath: "curves.png").contains("LPIPS"))
    // A shorter run's baseline is drawn if the longest has none.
    var shorter = plot.series
    shorter[1].epochs[0][.valid, "lpips"] = 0.125
    shorter[1].epochs[0][.bicubic, "lpips"] = 0.34
    #expect(CurvePlot(shorter).script(pngPath: "curves.png").contains("$run1 using 1:13 with lines"))
  }

  @Test(.enabled(if: Gnuplot.isInstalled, "gnuplot is not installed"))
  func gnuplotDrawsThePicture() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("it's curves.png")
    let outcome = try Gnuplot.run(plot.script(pngPath: path), keptAt: folder.file("curves.gp"))
    #expect(outcome == .drawn)
    let image = try ImageFile.read(path)
    #expect(image.width == 1500)
    // The picture is not just paper: it has lines in several colours.
    #expect(Set(image.pixels).count > 16)
  }

  @Test(.enabled(if: Gnuplot.isInstalled, "gnuplot is not installed"))
  func brokenScriptIsAnErrorWithGnuplotsWords() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: GnuplotError.self) {
      try Gnuplot.run("plot nonsense(\n", keptAt: folder.file("curves.gp"))
    }
    #expect(error?.scriptPath == folder.file("curves.gp"))
    #expect(error?.problem.contains("nonsense") == true)
  }
}
