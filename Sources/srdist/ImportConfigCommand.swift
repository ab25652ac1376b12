import ArgumentParser
import SRDistributed
import SRFiles
import SRTraining

/// `srdist import-config`: translates another trainer's option file.
struct ImportConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import-config",
    abstract:
      "Translate an option file of BasicSR, Real-ESRGAN or GFPGAN into a file for `srdist train --config`.",
    discussion: """
      Network, folders and patches, degradation, optimizer, schedule, losses, batch, seed, start weights and validation are translated. \
      Each line that has no counterpart, or none that is exact, is named on standard error. A network that srdist does not have is an \
      error; --degradation-only translates the degradation of any file into a recipe for --degradation.

        srdist import-config train_MSRResNet_x4.yml -o msrresnet.yaml
        srdist train --config msrresnet.yaml

        srdist import-config train_gfpgan_v1.yml --degradation-only -o gfpgan.yaml
        srdist train --model compact --data faces --degradation gfpgan.yaml
      """)

  @Argument(help: "The option file.", completion: .file())
  var file: String

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The file to write. (default: standard output)", valueName: "file"),
    completion: .file())
  var output: String?

  @Flag(help: "Translate the degradation alone, into a recipe.")
  var degradationOnly = false

  @Flag(help: "Replace a file that is there already.")
  var overwrite = false

  func validate() throws {
    try ValidationError.checkPaths(["the option file": file, "--output": output])
  }

  func run() throws {
    // Several ranks would write the same file.
    if Srdist.hasLikeRanks, Communicator.launchedRank > 0 { return }
    let console = Console()
    let text = try SettingLayer.text(ofFile: file)
    let (yaml, notes): (String, [BasicSRImport.Note])
    if degradationOnly {
      let translated = try BasicSRDegradation(yaml: text, origin: file)
      (yaml, notes) = (translated.yaml(), translated.notes)
    } else {
      let translated = try BasicSRImport(yaml: text, origin: file)
      (yaml, notes) = (try translated.yaml(), translated.notes)
    }
    for note in notes { console.print("\(note)") }
    guard let output else {
      print(yaml, terminator: "")
      return
    }
    if !overwrite, try PathKind.of(output) != nil {
      throw ConfigurationError(
        "\(output) is there already; give another --output, or --overwrite to replace it")
    }
    try DurableFileWriter.replace(output, with: yaml.utf8)
    print("written: \(output); \(notes.count) note\(notes.count == 1 ? "" : "s")".onOneLine)
  }
}
