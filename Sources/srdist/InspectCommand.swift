import ArgumentParser
import SRCheckpoint
import SRFiles

/// `srdist inspect`: shows what a weight file, a checkpoint or a run holds, and whether it is intact.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what a weight file, a checkpoint or a run holds, and verify it.",
    discussion: """
      PATH is a weight file (safetensors or PyTorch's .pth), a checkpoint (such as runs/NAME/checkpoints/best), or a run's folder. \
      Every file of a checkpoint is read and compared with its recorded SHA-256. For a run, this is done for \
      every checkpoint. If something is damaged, or a weight is not a finite number, the exit status is 1.

      Examples:
        srdist inspect runs/attention
        srdist inspect runs/attention/checkpoints/best --json
        srdist inspect weights/vgg16-torchvision-features.safetensors
      """)

  @Argument(help: "A weight file, a checkpoint's directory, or a run's folder.")
  var path: String

  @OptionGroup var choice: WeightChoiceOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let inspection = try Inspection(path: path, choice.averaged, key: choice.key.paramKey)
    if json {
      print(String(decoding: try ReadableJSON.encode(inspection, .indented), as: UTF8.self), terminator: "")
    } else {
      print(inspection.text, terminator: "")
    }
    if !inspection.problems.isEmpty { throw ExitCode.failure }
  }
}
