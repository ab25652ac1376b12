import ArgumentParser
import SRData
import SRFiles
import SRInference
import SRTraining

/// The options of `srdist evaluate` that measure as the literature does.
struct PictureOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Folder of originals (HR), PNG or JPEG, of any size.",
      valueName: "folder"), completion: .directory)
  var reference: String?
  @Option(
    help: ArgumentHelp(
      """
      Folder of low-resolution pictures (LR) of the same names as the originals, whatever the endings. Without it, they are \
      made from the originals by the bicubic of --resample.
      """, valueName: "folder"), completion: .directory)
  var input: String?
  @Option(
    help: ArgumentHelp(
      "How an LR picture is named: {} stands for its original's name, without the ending. (default: {}, or {}x2 to {}x16 if that fits all)",
      valueName: "template"), transform: FileNameTemplate.option)
  var filenameTmpl: FileNameTemplate?
  @Option(
    help: ArgumentHelp(
      "Crop originals to a multiple of this. (default: the scale, or none with --input)", valueName: "pixels")
  )
  var modcrop: Int?
  @Option(
    help: """
      Whose bicubic makes LR pictures and is measured: matlab or pillow. (default: matlab; with --data, the one that made \
      the data)
      """)
  var resample: Resampling?
  @Option(
    help: "HR over LR. (default: the network's; with --method bicubic, that of the pictures, or 4)")
  var scale: Int?
  @Flag(help: "Measure PSNR and SSIM on the luma Y of BT.601, as MATLAB's rgb2ycbcr gives it.")
  var yChannel = false
  @Option(
    help: ArgumentHelp("Leave out so many pixels at each edge. (default: the scale)", valueName: "pixels"))
  var cropBorder: Int?
  @Flag(help: "Measure --data on 8-bit values too.")
  var eightBit = false
  @Option(
    help: "Pool squeeze-and-excitation over the whole picture (global) or around each pixel (local).",
    transform: Self.pooling)
  var pooling: NetworkInference.Pooling?
  @Option(
    help: ArgumentHelp(
      "Memory that the network may take for a picture, such as 1GiB. By default, there is no limit.",
      valueName: "size"))
  var memory: ByteCount?
  @Option(help: ArgumentHelp("Write the table to this file too.", valueName: "file"), completion: .file())
  var csv: String?
  @Flag(help: "Replace the file of --csv if it exists.")
  var overwrite = false

  private static func pooling(_ text: String) throws -> NetworkInference.Pooling {
    guard let pooling = NetworkInference.Pooling(rawValue: text) else {
      let words = NetworkInference.Pooling.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("one of \(words) is needed")
    }
    return pooling
  }

  func validate() throws {
    try ValidationError.checkPaths(["--reference": reference, "--input": input, "--csv": csv])
    if input != nil, reference == nil {
      throw ValidationError("--input has no originals to be measured against: give --reference")
    }
    if input == nil, filenameTmpl != nil {
      throw ValidationError("--filename-tmpl names pictures of --input: give --input, or leave it out")
    }
    if reference == nil, modcrop != nil {
      throw ValidationError("--modcrop crops the pictures of --reference: give --reference, or leave it out")
    }
    let largest = 4096
    for (name, value, least) in [
      ("modcrop", modcrop, 1), ("scale", scale, 1), ("crop-border", cropBorder, 0),
    ] {
      guard let value, !(least...largest).contains(value) else { continue }
      throw ValidationError("--\(name) is \(value), expected \(least) to \(largest)")
    }
    if overwrite, csv == nil { throw ValidationError("--overwrite needs --csv") }
  }

  var hasFolders: Bool { reference != nil }
  /// Whether an option asks for the literature's conventions.
  var hasConvention: Bool { yChannel || cropBorder != nil || eightBit }

  /// Throws if an option has no meaning where training's measures are taken.
  func refuseWithoutPictures() throws {
    let given: KeyValuePairs = [
      "--resample": resample != nil, "--scale": scale != nil, "--pooling": pooling != nil,
      "--memory": memory != nil, "--csv": csv != nil,
    ]
    for (option, isGiven) in given where isGiven {
      throw ValidationError(
        "\(option) belongs to the measures of the literature: give --reference, or --eight-bit to measure --data so"
      )
    }
  }

  func source(split: NumPyPairDataset.Split) -> PictureEvaluationRun.Source {
    guard let reference else { return .data(split) }
    guard let input else { return .originals(reference, cropMultiple: modcrop) }
    return .folders(
      lowRes: input, highRes: reference, template: filenameTmpl, cropMultiple: modcrop ?? 1)
  }

  var options: PictureEvaluationRun.Options {
    var options = PictureEvaluationRun.Options()
    options.channels = yChannel ? .luma : .rgb
    options.border = cropBorder
    options.resampling = resample
    options.scale = scale
    options.pooling = pooling ?? options.pooling
    options.memory = memory?.bytes
    return options
  }

  /// Throws ``FileError`` if the table cannot be written, or may not be.
  func checkTable() throws {
    guard let csv else { return }
    if !overwrite, try PathKind.of(csv) != nil {
      throw FileError(.create, csv, reason: "a file of this name exists; --overwrite replaces it")
    }
    try WriteAccess.checkFile(csv)
  }

  func writeTable(_ text: String) throws {
    guard let csv else { return }
    try checkTable()
    try DirectoryCalls.createWithParents(DirectoryCalls.parent(of: csv))
    try DurableFileWriter.replace(csv, with: text.utf8)
  }
}

extension FileNameTemplate {
  /// The value of `--filename-tmpl`.
  static func option(_ text: String) throws -> FileNameTemplate {
    guard let template = FileNameTemplate(text) else { throw ValidationError("\(expectation) is needed") }
    return template
  }
}
