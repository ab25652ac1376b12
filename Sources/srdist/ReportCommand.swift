import ArgumentParser
import Foundation
import SRData
import SRFiles
import SRReport
import SRTraining

/// `srdist report`: prints the table of one or several runs, and draws their curves or writes a page about them.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Print runs' results per epoch, and draw their curves or write a page about them.",
    discussion: """
      Reads metrics.jsonl of each run. Prints loss, PSNR and SSIM for training and validation, beside those of \
      bicubic upsampling. Prints SSIM with the box window and LPIPS if they were measured. Draws curves.png with \
      gnuplot. If gnuplot is not installed, the script is kept, and you can run it on another machine.

      With --html, writes one page in place of curves.png: curves, the table, sample pictures with a slider, \
      settings, hashes, and how to repeat each run. The page is one file. It needs no network and no server. Several \
      runs stand side by side. A run that is not complete or that is damaged has a page too, which says what is \
      absent. The pictures are those of the last and the best epoch, \(ReportPage.mostFaces) images at most.

      With --faces, writes one picture in place of curves.png: the samples of all runs side by side, each run as after its \
      best epoch. --separate gives each run a row of its own in curves.png.

      Examples:
        srdist report runs/attention
        srdist report --every 5 --output comparison runs/vanilla runs/attention
        srdist report runs/vanilla runs/attention --html comparison.html
        srdist report runs/vanilla runs/attention --faces faces.png
      """)

  @Argument(help: "Folders of runs.")
  var runs: [String]

  @Option(help: "Print every n-th epoch, and the last one.")
  var every = 1

  @Option(
    help: "Folder for curves.png and curves.gp, or for report.html. (default: the first run's folder)")
  var output: String?

  @Option(
    defaultAsFlag: PageFile.inFolder, parsing: .next,
    help: ArgumentHelp(
      "Write a page in place of curves.png. FILE ends in .html; without it, the page is report.html.",
      valueName: "file"))
  var html: PageFile?

  @Option(
    help: ArgumentHelp(
      "Write LR, bicubic, each run's result and HR of the runs' samples to this PNG file, in place of curves.png.",
      valueName: "file"), completion: .file(extensions: ["png"]))
  var faces: String?

  @Flag(help: "Replace the file of --faces if it exists.")
  var overwrite = false

  @Flag(help: "Draw the curves of each run apart: a row of loss, PSNR and SSIM for each.")
  var separate = false

  func validate() throws {
    guard !runs.isEmpty else { throw ValidationError("name at least one run") }
    try ValidationError.checkPaths(["--output": output, "--faces": faces])
    if let faces, html != nil || output != nil || separate {
      throw ValidationError(
        "--faces writes \(faces) alone; leave out --html, --output and --separate, or give them in another command"
      )
    }
    if overwrite, faces == nil { throw ValidationError("--overwrite needs --faces") }
    if separate, html != nil {
      throw ValidationError(
        "--separate is for curves.png, and --html writes a page in its place; give one of them")
    }
    for run in runs { try ValidationError.checkPaths(["a run": run]) }
    guard every >= 1 else { throw ValidationError("--every is \(every), expected at least 1") }
    if case .file(let path) = html, output != nil {
      throw ValidationError("--output names a folder and --html a file, \(path); give one of them")
    }
  }

  func run() throws {
    if let faces {
      try drawFaces(faces)
    } else if let html {
      try writePage(html)
    } else {
      try drawCurves()
    }
  }

  private func drawCurves() throws {
    var series: [CurveSeries] = []
    for (index, run) in runs.enumerated() {
      let epochs = try MetricsFile.epochs("\(run)/metrics.jsonl")
      printTable(of: epochs, name: Self.name(of: run), isFirst: index == 0)
      if !epochs.isEmpty { series.append(CurveSeries(name: Self.name(of: run), epochs: epochs)) }
    }
    guard !series.isEmpty else { return }
    let folder = output ?? runs[0]
    try DirectoryCalls.createWithParents(folder)
    let picture = "\(folder)/curves.png"
    switch try Gnuplot.run(
      CurvePlot(series, separate ? .separate : .together).script(pngPath: picture),
      keptAt: "\(folder)/curves.gp")
    {
    case .drawn:
      print("\ncurves: \(picture.onOneLine)")
    case .notInstalled(let script):
      let command = "gnuplot \(ShellWord.quoted(Gnuplot.path(script)))"
      print("\ngnuplot is not installed (Debian: gnuplot-nox), so no curves were drawn; run `\(command)`")
    }
  }

  private func drawFaces(_ path: String) throws {
    if !overwrite, try PathKind.of(path) != nil {
      throw FileError(.create, path, reason: "a file of this name exists; --overwrite replaces it")
    }
    let found = try runs.map { try ReportedRun(RunFolder(path: $0), name: Self.name(of: $0)) }
    guard let comparison = FaceComparison(found) else {
      let lacking = found.filter(\.sheets.isEmpty).map(\.name)
      throw RunError(
        lacking.isEmpty
          ? "the runs have no sample of the same image, expected runs on the same data"
          : "\(lacking.joined(separator: ", ")): no picture of samples can be read, expected one for each run, which `srdist "
            + "train --samples` draws after each epoch")
    }
    try DirectoryCalls.createWithParents(DirectoryCalls.parent(of: path))
    try DurableFileWriter.replace(path, with: try ImageFile.encodePNG(comparison.image(), path: path))
    print("faces: \(path.onOneLine)")
  }

  private func writePage(_ file: PageFile) throws {
    let path =
      switch file {
      case .inFolder: "\(output ?? runs[0])/report.html"
      case .file(let path): path
      }
    let found = try runs.map { try ReportedRun(RunFolder(path: $0), name: Self.name(of: $0)) }
    try PageFile.checkReplaceable(path)
    for (index, run) in found.enumerated() {
      printTable(of: run.epochs, name: run.name, isFirst: index == 0)
      for remark in run.remarks { print(remark.onOneLine) }
    }
    let page = ReportPage(found, every: every).bytes
    try DirectoryCalls.createWithParents(DirectoryCalls.parent(of: path))
    try DurableFileWriter.replace(path, with: page)
    print("\npage: \(path.onOneLine) (\((page.count + 1023) / 1024) KiB)")
  }

  private func printTable(of epochs: [EpochRecord], name: String, isFirst: Bool) {
    print(isFirst ? name.onOneLine : "\n\(name.onOneLine)")
    if epochs.isEmpty {
      print("no epoch has finished yet")
    } else {
      print(EpochTable.text(epochs, every: every), terminator: "")
    }
  }

  private static func name(of run: String) -> String { URL(fileURLWithPath: run).lastPathComponent }
}

/// Where the page goes.
enum PageFile: ExpressibleByArgument, CustomStringConvertible {
  /// `report.html` in the folder of `--output`.
  case inFolder
  case file(String)

  init?(argument: String) {
    // The parser takes `--html` for a flag if this is nil. So a run's folder may follow it.
    guard [".html", ".htm"].contains(where: argument.lowercased().hasSuffix) else { return nil }
    self = .file(argument)
  }

  var description: String {
    switch self {
    case .inFolder: "report.html in the folder of --output"
    case .file(let path): path
    }
  }

  static var defaultCompletionKind: CompletionKind { .file(extensions: ["html"]) }

  /// Throws ``FileError`` if there is something at `path` that is no page of this program.
  static func checkReplaceable(_ path: String) throws {
    switch try PathKind.of(path) {
    case nil: return
    case .file where ReportPage.isPage(try OpenFile(path, O_RDONLY).read(upTo: ReportPage.markBytes)): return
    default:
      throw FileError(
        .write, path, reason: "what is there is no page of srdist report; name another file, or remove it")
    }
  }
}
