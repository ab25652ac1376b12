import ArgumentParser
import Foundation
import SRData
import SRDistributed
import SRFiles
import SRModels
import SRTraining

/// `srdist prepare`: makes arrays from photographs.
struct PrepareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare",
    abstract: "Make training and validation arrays from folders of photographs.",
    discussion: """
      Takes the PNG and JPEG files in a folder and the folders below it, whatever their names, and follows \
      links. Chooses some at random, turns them upright and resizes them to a square. Random crops of them are \
      the high-resolution images; the crops, reduced in size, are the low-resolution images. All resizing is bicubic: \
      Pillow's to the byte, or by the definition of MATLAB's imresize. The same seed gives the same files, whatever the number of threads.

      Training and validation share no image. A picture with the same pixels as one that is taken, such as a copy, a \
      link or the same picture in another format, is left out and named in the manifest. With --group-by, pictures of one \
      person or scene lie on one side. Both sides draw from --input, or each from folders of its own: then validation \
      keeps its pictures and groups, and training does without them.

      Writes hr_train.npy, lr_train.npy, hr_valid.npy, lr_valid.npy (NHWC; uint8, or uint16 if a picture has 16 bits) and manifest.json, which \
      names the photograph and the crop behind every sample. With --force, earlier files of these names stay \
      until the new ones are complete.

      EXAMPLE
        srdist prepare --input photographs --output data/faces
        srdist train --data data/faces
      """)

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Folders of photographs, for both sides.", valueName: "folder"))
  var input: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Folders for training alone, instead of --input. Needs --valid-input.", valueName: "folder"))
  var trainInput: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Folders for validation alone. Needs --train-input.", valueName: "folder"))
  var validInput: [String] = []

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

  @Option(
    help: ArgumentHelp(
      "Images for training. By default 2000; with --train-input, all.", valueName: "count"))
  var train: Int?

  @Option(
    help: ArgumentHelp(
      "Images for validation. By default 500; with --valid-input, all.", valueName: "count"))
  var valid: Int?

  @Option(
    help: ArgumentHelp(
      """
      Keep pictures on one side if this regular expression finds the same text in their paths below the folder: its first \
      capture group, or the whole match. '^([^/]+)/' keeps folders together, '^([0-9]+)_' numbers.
      """,
      valueName: "regex"))
  var groupBy: String?

  @Option(help: ArgumentHelp("Random crops of each image.", valueName: "count"))
  var cropsPerImage = PreparationOptions().cropsPerImage

  @Option(help: "Decides which images and crops are chosen.")
  var seed = PreparationOptions().seed

  @Option(
    help:
      "Whose bicubic filter resizes: pillow, or matlab (imresize), with which the literature makes its test pictures."
  )
  var resample = PreparationOptions().resample

  @Option(
    help: ArgumentHelp(
      "Channels of the arrays: 1 for grey, 3 for RGB (grey is repeated), 4 for RGB and alpha. By default 1 if all pictures are grey, or else 3.",
      valueName: "count"))
  var channels: Int?

  @Option(
    help: ArgumentHelp(
      "Bits of the arrays: auto (16 if a picture has as many), 8 (the upper 8 of 16), or 16.",
      valueName: "bits"))
  var depth = PictureFormatRule.Depth.auto

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

  private var hasSeparateInputs: Bool { !trainInput.isEmpty || !validInput.isEmpty }

  private var inputs: PreparationInputs {
    hasSeparateInputs ? .separate(train: trainInput, valid: validInput) : .shared(input)
  }

  private var options: PreparationOptions {
    var options = PreparationOptions()
    options.resize = resize
    options.crop = crop
    options.scale = scale
    if train != nil || hasSeparateInputs { options.train = train }
    if valid != nil || hasSeparateInputs { options.valid = valid }
    options.groupBy = groupBy
    options.cropsPerImage = cropsPerImage
    options.seed = seed
    options.resample = resample
    options.channels = channels
    if depth != .auto { options.depth = depth }
    options.skipBroken = skipBroken
    options.keepFull = keepFull
    return options
  }

  func validate() throws {
    guard input.isEmpty == hasSeparateInputs, trainInput.isEmpty == validInput.isEmpty else {
      throw ValidationError(
        "expected either --input, for both sides, or --train-input and --valid-input, for one each")
    }
    for (option, folders) in [
      ("--input", input), ("--train-input", trainInput), ("--valid-input", validInput),
    ] {
      for folder in folders { try ValidationError.checkPaths([option: folder]) }
    }
    try ValidationError.checkPaths(["--output": output])
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
      inputs: inputs, output: output, options: options, threads: threads, replacesExisting: force,
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
      guard let count = result.use?.conversions[conversion] else { continue }
      console.print("warning: \(count) image\(count == 1 ? "" : "s") \(conversion.rawValue)")
    }
    if let warned = manifest.warned, let first = warned.first {
      console.print(
        "warning: \(warned.count) image\(warned.count == 1 ? "" : "s") with faults that change no pixel; the first is "
          + "\(first.source): \(first.reason)")
    }
    for remark in result.remarks { console.print("warning: \(remark.onOneLine)") }
    warn(of: result, console)
    print(
      "\(output.onOneLine): \(manifest.train.count) training and \(manifest.valid.count) validation pairs")
    let arrays = manifest.arrays.map {
      [
        $0.file,
        $0.shape.map(String.init).joined(separator: " x ") + ($0.type.map { ", \($0.rawValue)" } ?? ""),
      ]
    }
    for line in TextTable([.left, .left], rows: arrays).lines { print("  \(line)") }
    summarize(result)
    if !ModelDescription.scales.contains(scale) {
      let scales = ModelDescription.scales.map(String.init).joined(separator: ", ")
      console.print(
        "note: srdist trains networks of scale \(scales), and none on these arrays of scale \(scale)")
    }
  }
}

extension PrepareCommand {
  /// More than this share of the pictures is worth a warning if it is left out.
  private static let largeShare = 0.5

  private func warn(of result: DatasetPreparation.Result, _ console: Console) {
    let manifest = result.manifest
    if let duplicates = manifest.duplicates, let first = duplicates.first {
      let (s, has) = duplicates.count == 1 ? ("", "has") : ("s", "have")
      console.print(
        "warning: left out \(duplicates.count) picture\(s) that \(has) the same pixels as another one; the first is "
          + "\(first.source.onOneLine), the same as \(first.sameAs.onOneLine)")
    }
    if let apart = manifest.keptApart {
      let s = apart.count == 1 ? "" : "s"
      console.print(
        "warning: left out \(apart.count) picture\(s) whose group is on the other side, such as \(apart[0].onOneLine)"
      )
    }
    guard let use = result.use else { return }
    let enlarged = use.enlarged
    if enlarged.count > 0 {
      let (s, are) = enlarged.count == 1 ? (" is", "is") : ("s are", "are")
      console.print(
        "warning: \(enlarged.count) image\(s) smaller than \(resize) x \(resize) and \(are) enlarged, which adds no detail "
          + "to learn; the smallest is \(enlarged.smallest.source.onOneLine), \(enlarged.smallest.width) x "
          + "\(enlarged.smallest.height). A lower --resize avoids that")
    }
    let leftOut = use.found - use.used
    if Double(leftOut) > Self.largeShare * Double(use.found) {
      console.print(
        "warning: \(leftOut) of \(use.found) pictures (\(percent(leftOut, of: use.found))) are left out; higher --train or "
          + "--valid take more")
    }
  }

  private func summarize(_ result: DatasetPreparation.Result) {
    if let groups = result.manifest.groups {
      print("  \(groups.train) groups for training, \(groups.valid) for validation; none is on both sides")
    }
    guard let use = result.use else { return }
    let crops = percent(min(use.cropPixels, use.pixels), of: use.pixels)
    print(
      "  \(use.used) of \(use.found) pictures used (\(percent(use.used, of: use.found))); stored crops cover at most "
        + "\(crops) of their pixels" + (keepFull ? "; fresh crops reach all in training" : ""))
  }

  private func percent(_ part: Int, of whole: Int) -> String {
    String(format: "%.1f %%", 100 * Double(part) / Double(max(whole, 1)))
  }
}

extension ByteCount: ExpressibleByArgument {}
extension Resampling: ExpressibleByArgument {}
extension PictureFormatRule.Depth: ExpressibleByArgument {}
