import ArgumentParser
import SRCheckpoint
import SRDistributed
import SRExport
import SRFiles

/// `srdist export`: hands a network to other programs.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a network for other programs: safetensors, ONNX, ncnn or PyTorch.",
    discussion: """
      The formats are:
        safetensors  weights with PyTorch's names, and the network's description in the metadata
        onnx         the network (operator set 17) with the input 'input' and the output 'output', [batch, channels, \
      height, width], RGB or the network's channels, 0...1; batch, height and width are free
        ncnn         the network as NAME.param and NAME.bin, with the blobs 'data' and 'output'
        pth          weights as torch.save(model.state_dict(), FILE) writes them

      Folders that do not exist are created.

      Examples:
        srdist export --weights runs/attention -o attention.onnx
        srdist export --weights runs/best/checkpoints/best --no-ema --precision float16 -o best.safetensors
      """)

  @OptionGroup var weights: WeightOptions

  @Option(help: "safetensors, onnx, ncnn or pth. (default: as the ending of the output's name says)")
  var format: ExportFormat?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The file to write. For ncnn, two files with the endings .param and .bin.", valueName: "file"),
    completion: .file())
  var output: String

  @Option(help: "float32, float16 or bfloat16: the numbers in a safetensors or pth file.")
  var precision = WeightPrecision.float32

  @Flag(help: "Replace files that are there already.")
  var overwrite = false

  func validate() throws {
    try ValidationError.checkPaths(["--output": output])
    if format == nil { _ = try chosenFormat() }
  }

  func run() throws {
    // Several ranks would write the same file.
    if Srdist.hasLikeRanks, Communicator.launchedRank > 0 { return }
    let console = Console()
    let network = try weights.network()
    for note in network.notes { console.print(note) }
    let export = NetworkExport(
      network, as: try chosenFormat(), to: output, precision: precision, overwrites: overwrite)
    try export.run()
    print("\(network.file): \(network.model)".onOneLine)
    for file in export.files { print("  written: \(file)".onOneLine) }
  }

  private func chosenFormat() throws -> ExportFormat {
    if let format = format ?? ExportFormat(ending: output) { return format }
    let endings = ExportFormat.allCases.flatMap(\.endings).map { ".\($0)" }.joined(separator: ", ")
    throw ValidationError(
      "--output \(output): its ending tells no format; give --format, or one of the endings \(endings)")
  }
}

extension ExportFormat: ExpressibleByArgument {}
extension WeightPrecision: ExpressibleByArgument {}
