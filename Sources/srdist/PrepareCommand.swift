import ArgumentParser
import Foundation
import SRData
import SRDistributed
import SRFiles
import SRModels

/// `srdist prepare`: makes arrays from photographs.
struct PrepareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare",
    abstract: "Make training and validation arrays from a folder of photographs.",
    discussion: """
      Takes the PNG and JPEG files in a folder and the folders below it, whatever their names, and follows \
      links. Chooses some at random, turns them upright and resizes them to a square. Random crops of them are \
      the high-resolution images; the crops, reduced in size, are the low-resolution images. All resizing is bicubic: \
      Pillow's to the byte, or by the definition of MATLAB's imresize. Training and validation share no image. The same seed gives the same files, whatever the number of threads.

      Writes hr_train.npy, lr_train.npy, hr_valid.npy, lr_valid.npy (uint8, NHWC) and manifest.json, which \
      names the photograph and the crop behind every sample. With --force, earlier files of these names stay \
      until the new ones are complete.

      EXAMPLE
        srdist prepare --input photographs --output data/faces
        srdist train --data data/faces
      """)

  @Option(help: ArgumentHelp("Folder of photographs.", valueName: "folder"))
  var input: String

  @Option(
    help: ArgumentHelp("Folder for the arrays. It is created if it does not exist.", valueName: "folder"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "First resize images to a square of this side, in pixels; 0 keeps their size.", valueName: "side"))
  var resize = PreparationOptions().resize

  @Option(help: ArgumentHelp("Side of the high-resolution crops.", valueName: "side"))
  var crop = PreparationOptions().crop

  @Option(help: ArgumentHelp("High resolution divided by low resolution.", valueName: "factor"))
  var scale = PreparationOptions().scale

  @Option(help: ArgumentHelp("Images for training.", valueName: "count"))
  var train = PreparationOptions().train

  @Option(help: ArgumentHelp("Images for validation.", valueName: "count"))
  var valid = PreparationOptions().valid

  @Option(help: ArgumentHelp("Random crops of each image.", valueName: "count"))
  var cropsPerImage = PreparationOptions().cropsPerImage

  @Option(help: "Decides which images and crops are chosen.")
  var seed = PreparationOptions().seed

  @Option(
    help:
      "Whose bicubic filter resizes: pillow, or matlab (imresize), with which the literature makes its test pictures."
  )
  var resample = PreparationOptions().resample

  @Flag(help: "Skip and list images that cannot be read, instead of stopping.")
  var skipBroken = false

  @Flag(help: "Also write full_train.npy, the resized training images, for fresh crops in each epoch.")
  var keepFull = false

  @Flag(help: "Replace prepared files in an output folder that is not empty.")
  var force = false

  @Option(
    help: ArgumentHelp("Threads. By default, one for each CPU that the program may use.", valueName: "count"))
  var threads = AvailableResources().threads(ranksOnHost: 1)

  @Option(
    help: ArgumentHelp(
      "Memory for the photographs that are read at the same time, such as 800M or 4G. By default, half of the machine's.",
      valueName: "size"))
  var memory = ByteCount(PixelBudget.standardBytes)

  private var options: PreparationOptions {
    var options = PreparationOptions()
    options.resize = resize
    options.crop = crop
    options.scale = scale
    options.train = train
    options.valid = valid
    options.cropsPerImage = cropsPerImage
    options.seed = seed
    options.resample = resample
    options.skipBroken = skipBroken
    options.keepFull = keepFull
    return options
  }

  func validate() throws {
    try ValidationError.checkPaths(["--input": input, "--output": output])
    do {
      try options.validate()
    } catch {
      throw ValidationError(error.description)
    }
    if threads < 1 { throw ValidationError("--threads must be at least 1, not \(threads)") }
  }

  func run() throws {
    let console = Console()
    if Srdist.hasLikeRanks {
      // Threads share the work; ranks would only read the same pictures from the same disk.
      guard Communicator.launchedRank <= 0 else { return }
      console.print("note: rank 0 alone prepares the data, on \(threads) thread(s); the other ranks end")
    }
    let preparation = DatasetPreparation(
      input: input, output: output, options: options, threads: threads, replacesExisting: force,
      memory: memory.bytes)
    let isTerminal = isatty(STDERR_FILENO) == 1
    let result: DatasetPreparation.Result
    do {
      // Ends the counter's line, so that an error's text begins on a new one.
      defer { if isTerminal { FileHandle.standardError.write(Data("\n".utf8)) } }
      result = try preparation.run { progress in
        guard isTerminal else { return }
        let text = "\rprepared \(progress.done) of \(progress.total) images"
        FileHandle.standardError.write(Data(text.utf8))
      }
    }
    let manifest = result.manifest
    for image in manifest.skipped { console.print("skipped \(image.source): \(image.reason)") }
    if !result.passedOver.isEmpty { console.print("passed over: \(result.passedOver)") }
    for conversion in PictureConversion.allCases {
      guard let count = result.conversions[conversion] else { continue }
      console.print("warning: \(count) image\(count == 1 ? "" : "s") \(conversion.rawValue)")
    }
    if let warned = manifest.warned, let first = warned.first {
      console.print(
        "warning: \(warned.count) image\(warned.count == 1 ? "" : "s") with faults that change no pixel; the first is "
          + "\(first.source): \(first.reason)")
    }
    print(
      "\(output.onOneLine): \(manifest.train.count) training and \(manifest.valid.count) validation pairs")
    let arrays = manifest.arrays.map { [$0.file, $0.shape.map(String.init).joined(separator: " x ")] }
    for line in TextTable([.left, .left], rows: arrays).lines { print("  \(line)") }
    if !ModelDescription.scales.contains(scale) {
      let scales = ModelDescription.scales.map(String.init).joined(separator: ", ")
      console.print(
        "note: srdist trains networks of scale \(scales), and none on these arrays of scale \(scale)")
    }
  }
}

extension ByteCount: ExpressibleByArgument {}
extension Resampling: ExpressibleByArgument {}
