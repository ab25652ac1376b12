import ArgumentParser
import SRDistributed
import SRFiles
import SRTraining

/// `srdist import-config`: translates another trainer's option file.
struct ImportConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import-config",
    abstract: "Translate an option file of BasicSR into a file for `srdist train --config`.",
    discussion: """
      Network, folders and patches, optimizer, schedule, losses, batch, seed, start weights and validation are translated. Each line \
      that has no counterpart, or none that is exact, is named on standard error.

        srdist import-config train_MSRResNet_x4.yml -o msrresnet.yaml
        srdist train --config msrresnet.yaml
      """)

  @Argument(help: "The option file of BasicSR.", completion: .file())
  var file: String

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The file to write. (default: standard output)", valueName: "file"),
    completion: .file())
  var output: String?

  @Flag(help: "Replace a file that is there already.")
  var overwrite = false

  func validate() throws {
    try ValidationError.checkPaths(["the option file": file, "--output": output])
  }

  func run() throws {
    // Several ranks would write the same file.
    if Srdist.hasLikeRanks, Communicator.launchedRank > 0 { return }
    let console = Console()
    let translated = try BasicSRImport(yaml: try SettingLayer.text(ofFile: file), origin: file)
    let yaml = try translated.yaml()
    for note in translated.notes { console.print("\(note)") }
    guard let output else {
      print(yaml, terminator: "")
      return
    }
    if !overwrite, try PathKind.of(output) != nil {
      throw ConfigurationError(
        "\(output) is there already; give another --output, or --overwrite to replace it")
    }
    try DurableFileWriter.replace(output, with: yaml.utf8)
    print("written: \(output); \(translated.notes.count) notes".onOneLine)
  }
}
