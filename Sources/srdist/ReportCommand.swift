import ArgumentParser
import Foundation
import SRFiles
import SRReport

/// `srdist report`: prints the table and draws the curves of one or several runs.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Print runs' results per epoch and draw their curves.",
    discussion: """
      Reads metrics.jsonl of each run. Prints loss, PSNR and SSIM for training and validation, beside those of \
      bicubic upsampling. Prints SSIM with the box window and LPIPS if they were measured. Draws curves.png with \
      gnuplot. If gnuplot is not installed, the script is kept, and you can run it on another machine.

      Examples:
        srdist report runs/attention
        srdist report --every 5 --output comparison runs/vanilla runs/attention
      """)

  @Argument(help: "Folders of runs.")
  var runs: [String]

  @Option(help: "Print every n-th epoch, and the last one.")
  var every = 1

  @Option(help: "Folder for curves.png and curves.gp. (default: the first run's folder)")
  var output: String?

  func validate() throws {
    guard !runs.isEmpty else { throw ValidationError("name at least one run") }
    try ValidationError.checkPaths(["--output": output])
    for run in runs { try ValidationError.checkPaths(["a run": run]) }
    guard every >= 1 else { throw ValidationError("--every is \(every), expected at least 1") }
  }

  func run() throws {
    var series: [CurveSeries] = []
    for run in runs {
      let epochs = try MetricsFile.epochs("\(run)/metrics.jsonl")
      let name = URL(fileURLWithPath: run).lastPathComponent
      print(series.isEmpty ? name.onOneLine : "\n\(name.onOneLine)")
      guard !epochs.isEmpty else {
        print("no epoch has finished yet")
        continue
      }
      print(EpochTable.text(epochs, every: every), terminator: "")
      series.append(CurveSeries(name: name, epochs: epochs))
    }
    guard !series.isEmpty else { return }
    let folder = output ?? runs[0]
    try DirectoryCalls.createWithParents(folder)
    let picture = "\(folder)/curves.png"
    switch try Gnuplot.run(CurvePlot(series).script(pngPath: picture), keptAt: "\(folder)/curves.gp") {
    case .drawn:
      print("\ncurves: \(picture.onOneLine)")
    case .notInstalled(let script):
      let command = "gnuplot \(ShellWord.quoted(Gnuplot.path(script)))"
      print("\ngnuplot is not installed (Debian: gnuplot-nox), so no curves were drawn; run `\(command)`")
    }
  }
}
