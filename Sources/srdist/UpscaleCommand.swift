import ArgumentParser
import Foundation
import SRCheckpoint
import SRData
import SRFiles
import SRInference
import SRMetrics
import SRTensor
import SRTraining
import SRUpscale

/// `srdist upscale`: enlarges pictures with a trained network.
struct UpscaleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "upscale",
    abstract: "Enlarge PNG and JPEG pictures, and NumPy arrays of pictures, with a trained network.",
    discussion: """
      The result of photo.jpg is FOLDER/photo_out.jpg; --suffix and --ext change that. A file that exists is never replaced \
      without --overwrite. A picture that cannot be read or written is named, the others are enlarged, and the exit status \
      is 1.

      KEPT: grey (a network of RGB runs on three equal channels, and its result becomes the luma of BT.601), alpha (bicubic, apart from the \
      colours), 16 bits of a PNG, the ICC profile, the pixel density (so a print grows with the picture). \
      CHANGED: EXIF's orientation is applied, and other EXIF data and texts are left out; palettes become RGB; CMYK becomes \
      RGB, without its profile.

      ARRAYS (.npy) of uint8, uint16 or float32 (0...1, not clamped) have the shape (H, W, C) or (N, H, W, C), or channels \
      first if no other reading is possible. The result has the same type and layout.

      CHANNELS AND RANGE: A network of one channel takes grey pictures and arrays of one channel, (H, W) or (N, H, W) too. A \
      network of other numbers of channels takes arrays. A network that was trained with --range takes files of that type and \
      range, and the results have both. --range LOW,HIGH says that the inputs have another one.

      Under mpirun, the ranks share the files. Each file has the same bytes on any number of ranks and threads, and with any \
      --memory. UPSCALING.md has more.

        srdist upscale -i photo.jpg -o enlarged --weights runs/attention
        srdist upscale -i photos -o enlarged --weights runs/attention --recursive -s 2
        mpirun -n 4 srdist upscale -i photos -o enlarged --weights weights.safetensors
      """)

  @Option(
    name: [.customShort("i"), .long], parsing: .upToNextOption,
    help: ArgumentHelp("Pictures, arrays, and folders of them.", valueName: "path"), completion: .file())
  var input: [String]
  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("Folder for the results. It is created if it does not exist.", valueName: "folder"),
    completion: .directory)
  var output: String
  @OptionGroup var weights: WeightOptions
  @Option(
    name: [.customShort("s"), .long], parsing: .unconditional,
    help: ArgumentHelp(
      "Enlarge by this factor, such as 2 or 1.5: Pillow's bicubic resizes the network's result. (default: the network's scale)",
      valueName: "factor"))
  var outscale: Double?
  @Option(help: "What is put behind a picture's name, after _; '' for nothing.")
  var suffix = "out"
  @Option(help: "auto (as the input), png, or jpg (PNG if there is alpha or 16 bits).")
  var ext = UpscaleOptions.Ending.auto
  @Option(help: "Quality of JPEG files, 1 to 100. Their colours have the full resolution.")
  var quality = PictureEncoder.standardQuality
  @Option(
    help: ArgumentHelp(
      "Values of the inputs that stand for black and full intensity, such as 0,4095. (default: as the network was trained)",
      valueName: "low,high"), transform: Self.range)
  var range: ValueRange?
  @Flag(help: "Search folders below the given ones too. The results keep their shape.")
  var recursive = false
  @Flag(help: "Replace results that exist.")
  var overwrite = false
  @Flag(help: "Leave out pictures whose results exist.")
  var skipExisting = false
  @Option(
    help: """
      Pool squeeze-and-excitation over the whole picture (global), or around each pixel, over one and a half times the \
      training pictures' size (local).
      """)
  var pooling = NetworkInference.Pooling.standard
  @Option(
    help: ArgumentHelp(
      "Memory that each rank may use, such as 1GiB. By default, its share of three quarters of the host's.",
      valueName: "size"))
  var memory: ByteCount?
  @OptionGroup var workers: SettingOptions<HostSettings>

  @Option(
    help: ArgumentHelp(
      "Folder of originals of the results' sizes and the inputs' names. Prints PSNR, SSIM and LPIPS, and bicubic's beside.",
      valueName: "folder"), completion: .directory)
  var reference: String?
  @Option(
    help: ArgumentHelp(
      "How an input is named: {} stands for its original's name, without the ending. (default: {}, or {}x2 to {}x16 if that fits all)",
      valueName: "template"), transform: FileNameTemplate.option)
  var filenameTmpl: FileNameTemplate?
  @Flag(help: "Measure PSNR and SSIM on the luma Y of BT.601, as MATLAB's rgb2ycbcr gives it.")
  var yChannel = false
  @Option(
    help: ArgumentHelp(
      "Leave out so many pixels at each edge as results are measured. (default: the network's scale)",
      valueName: "pixels"))
  var cropBorder: Int?
  @Flag(help: "Also write NAME_out_compare.png: LR, bicubic, SR and the original side by side.")
  var compare = false
  @Flag(help: "Print one JSON object on standard output.")
  var json = false

  func validate() throws {
    try ValidationError.checkPaths(["--output": output, "--reference": reference])
    for path in input { try ValidationError.checkPaths(["--input": path]) }
    if let outscale, !UpscaleOptions.factorRange.contains(outscale) {
      let range = UpscaleOptions.factorRange
      throw ValidationError("--outscale is \(outscale), expected \(range.lowerBound) to \(range.upperBound)")
    }
    if !(1...100).contains(quality) { throw ValidationError("--quality is \(quality), expected 1 to 100") }
    if suffix.contains("/") { throw ValidationError("--suffix is part of a name, and cannot contain /") }
    if suffix.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
      throw ValidationError("--suffix is part of a name, and cannot contain control characters")
    }
    if overwrite, skipExisting {
      throw ValidationError("--overwrite replaces results that --skip-existing leaves: give one of them")
    }
    if reference == nil, filenameTmpl != nil {
      throw ValidationError(
        "--filename-tmpl names inputs after the pictures of --reference: give --reference")
    }
    if reference == nil, yChannel || cropBorder != nil {
      throw ValidationError("--y-channel and --crop-border say how results are measured: give --reference")
    }
    if let cropBorder, !(0...4096).contains(cropBorder) {
      throw ValidationError("--crop-border is \(cropBorder), expected 0 to 4096")
    }
  }

  private static func range(_ text: String) throws -> ValueRange {
    guard let range = ValueRange(text) else {
      throw ValidationError("two numbers with a comma are needed, the lower one first, such as 0,4095")
    }
    return range
  }

  private var settings: TrainingConfiguration {
    get throws { try TrainingConfiguration(layers: [.environment, workers.layer]) }
  }

  func run() throws {
    try Job.run(stallTimeout: { try settings.stallTimeout }) { job in
      let (console, communicator) = (job.console, job.communicator)
      var run = try communicator.together(starting: job.activity) {
        let settings = try settings
        return UpscaleRun(
          options(ranksOnHost: communicator.localSize), network: try weights.network(),
          pooling: pooling,
          threads: settings.threads ?? AvailableResources().threads(ranksOnHost: communicator.localSize),
          weightsDirectory: settings.weightsDir, communicator: communicator, kernels: job.kernels,
          activity: job.activity)
      }
      // Each rank shares its progress with the others' by being dealt as much work.
      run.onProgress = { if communicator.rank == 0, $0.files > 1 || $0.done > 0 { console.show($0) } }
      run.onPicture = { console.print($0.text) }
      run.onFailure = { console.complain($0.error) }
      if communicator.rank == 0 { for note in run.network.notes { console.print("weights: \(note)") } }
      run.onRemark = { console.print("passed over: \($0)") }
      let result = try run.run()
      console.endProgress()
      if communicator.rank == 0 { try show(result) }
      if !result.failed.isEmpty { throw ExitCode.failure }
    }
  }

  private func options(ranksOnHost ranks: Int) -> UpscaleOptions {
    let standard = AvailableResources().memory.value / 4 * 3 / max(1, ranks)
    var options = UpscaleOptions(inputs: input, output: output, memory: memory?.bytes ?? standard)
    options.factor = outscale
    options.suffix = suffix
    options.ending = ext
    options.range = range
    options.quality = quality
    options.isRecursive = recursive
    options.existing = overwrite ? .replace : skipExisting ? .skip : .error
    options.reference = reference
    options.template = filenameTmpl
    options.channels = yChannel ? .luma : .rgb
    options.border = cropBorder
    options.comparesPictures = compare
    return options
  }

  private func show(_ result: UpscaleResult) throws {
    if json {
      print(String(decoding: try ReadableJSON.encode(result, .indented), as: UTF8.self), terminator: "")
      return
    }
    for line in result.scoreLines { print(line.onOneLine) }
    func count(_ number: Int) -> String { "\(number) picture\(number == 1 ? "" : "s")" }
    let others = [(result.failed.count, "failed"), (result.skipped, "left out, because the results exist")]
      .filter { $0.0 > 0 }.map { ", \($0.0) \($0.1)" }
    print("\(count(result.pictures.count)) enlarged to \(output.onOneLine)\(others.joined())")
  }
}

extension UpscaleOptions.Ending: ExpressibleByArgument {}
extension NetworkInference.Pooling: ExpressibleByArgument {}
