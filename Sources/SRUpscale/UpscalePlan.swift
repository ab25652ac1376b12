import Foundation
import SRData
import SRFiles
import SRModels
import SRTensor

/// What a job does: which files it reads, and what it names the results. Made before any work, by rank 0.
struct UpscalePlan: Codable, Sendable {
  private(set) var items: [UpscaleItem] = []
  /// Inputs that cannot be enlarged.
  private(set) var failures: [FailedPicture] = []
  /// Inputs that are left out because their outputs exist.
  private(set) var skipped = 0
  /// What the folders hold beside pictures; empty for nothing.
  private(set) var passedOver: [String] = []

  /// - Parameters:
  ///   - model: the network.
  ///   - needs: the bytes that an item needs beside the network's.
  ///   - least: the least `--memory` with which an item can be enlarged.
  ///   - progress: called after each file.
  /// - Throws: ``UpscaleError`` for inputs and outputs that do not go together, ``PictureSetError`` for a folder of originals without
  ///   pictures, ``FileError`` or ``PreparationError`` for what cannot be read. A single damaged picture is no error here.
  init(
    _ options: UpscaleOptions, _ model: ModelDescription, needs: (UpscaleItem) -> Int,
    least: (UpscaleItem) -> Int,
    progress: () -> Void = {}
  ) throws {
    try Self.checkFolder(options)
    let found = try Self.inputs(options)
    passedOver = found.passedOver
    let names = OutputNames(options)
    let originals = try options.reference.map { folder in
      try FolderOriginals(
        folder, template: options.template, scale: options.factor.map { Int($0) } ?? model.scale,
        lowRes: found.files.map(\.name))
    }
    var takenBy: [String: BytePath] = [:]
    for input in found.files {
      defer { progress() }
      do {
        guard let name = input.name.text else {
          throw UpscaleError(
            "\(input.path): its name is not UTF-8, so no output can be named after it; rename it")
        }
        var item = try Self.item(input.path, named: name, names, model, options)
        try Self.checkSize(item)
        try Self.checkName(item)
        if item.format != nil { item.reference = try originals?.original(of: input.name, in: input.folder) }
        try Self.checkReference(item)
        item.comparison = options.comparesPictures && item.format != nil ? names.comparison(name) : nil
        item.bytes = needs(item)
        guard item.bytes < options.memory else {
          throw UpscaleError(
            "\(input.path): \(item.width) x \(item.height) pixels need more memory than each rank may use; give --memory "
              + "\(ByteCount(least(item))) or more")
        }
        for output in [item.output, item.comparison].compactMap({ $0 }) {
          if let other = takenBy.updateValue(input.path, forKey: output) {
            throw SharedName(description: "\(other) and \(input.path) would both be written to \(output)")
          }
        }
        items.append(item)
      } catch let error as SharedName {
        throw UpscaleError("\(error); give them in two jobs with other --suffix or -o")
      } catch {
        failures.append(FailedPicture(input.path, error))
      }
    }
    try checkOutputs(
      options, inputs: found.files.map(\.path) + items.compactMap(\.reference))
  }

  private struct SharedName: Error, CustomStringConvertible { let description: String }

  // MARK: - Inputs

  private struct Input {
    let path: BytePath
    /// The given folder, or that of the given file.
    let folder: String
    /// Below the folder.
    let name: BytePath
  }

  private static func inputs(_ options: UpscaleOptions) throws -> (files: [Input], passedOver: [String]) {
    let output = try FileStatus(BytePath(options.output), followsLinks: true).map { [$0.identity] } ?? []
    var (files, passedOver) = ([Input](), [String]())
    // A file that is named twice is taken once.
    var known: Set<BytePath> = []
    for input in options.inputs {
      guard let kind = try PathKind.of(input) else { throw UpscaleError("\(input): nothing is there") }
      var found: [Input] = []
      if kind == .directory {
        let listing = try PictureListing(
          directory: input, isRecursive: options.isRecursive, takesArrays: true, excluding: Set(output))
        found = listing.pictures.map { Input(path: BytePath(input).appending($0), folder: input, name: $0) }
        if !listing.passedOver.isEmpty { passedOver.append("\(input): \(listing.passedOver)") }
        if found.isEmpty {
          let others = listing.passedOver.isEmpty ? "" : "; passed over: \(listing.passedOver)"
          throw UpscaleError("\(input): no PNG, JPEG or .npy file is there\(others)")
        }
      } else {
        found = [
          Input(
            path: BytePath(input), folder: DirectoryCalls.parent(of: input),
            name: BytePath(DirectoryCalls.name(of: input)))
        ]
      }
      files += found.filter { known.insert($0.path).inserted }
    }
    return (files, passedOver)
  }

  private static func item(
    _ path: BytePath, named name: String, _ names: OutputNames, _ model: ModelDescription,
    _ options: UpscaleOptions
  ) throws -> UpscaleItem {
    let factor = options.factor ?? Double(model.scale)
    func values(_ sample: SampleType) throws -> SampleScale {
      if let range = options.range { return SampleScale(sample, range) }
      guard let trained = model.values else { return SampleScale(sample) }
      guard trained.sample == sample else {
        throw UpscaleError(
          "\(path): it has values of \(sample.rawValue), and the network was trained on values \(trained); give a file of "
            + "\(trained.sample.rawValue), or this file's values of black and of full intensity as --range LOW,HIGH"
        )
      }
      return trained
    }
    if NumPyHeader.begins(try OpenFile(path, O_RDONLY).read(upTo: ImageFile.markBytes)) {
      let array = try PictureArray(path, channels: UpscaleItem.arrayChannels(model))
      return UpscaleItem(
        array, path: path, output: names.output(name, "npy"),
        outputChannels: array.channels == model.inputChannels ? model.outputChannels : array.channels,
        values: try values(array.sample), factor: factor)
    }
    let file = try PictureFile(path)
    let (inputs, outputs, colors) = (model.inputChannels, model.outputChannels, file.stored.colors)
    guard inputs == outputs, inputs == colors || inputs == 3 else {
      let channels = inputs == outputs ? "\(inputs)" : "\(inputs) to \(outputs)"
      throw UpscaleError(
        "\(path): the picture has \(colors) channel\(colors == 1 ? "" : "s") of colour, and the network takes \(channels); "
          + (inputs == 1 && outputs == 1
            ? "give a grey picture, or an array (.npy) of one channel"
            : "give an array (.npy) of \(inputs) channels"))
    }
    let format = names.format(of: file)
    return UpscaleItem(
      file, path: path, output: names.output(name, format == .png ? "png" : "jpg"), format,
      values: try values(file.stored.sample), factor: factor)
  }

  private static func checkSize(_ item: UpscaleItem) throws {
    let most = item.format == .jpeg ? 65500 : Int(Int32.max)
    guard max(item.outputWidth, item.outputHeight) > most, let format = item.format else { return }
    throw UpscaleError(
      "\(item.input): the result would have \(item.outputWidth) x \(item.outputHeight) pixels, and a \(format.rawValue) "
        + "has at most \(most) on each side" + (format == .jpeg ? "; give --ext png" : ""))
  }

  private static func checkName(_ item: UpscaleItem) throws {
    let length = DirectoryCalls.name(of: item.output).utf8.count
    guard length > longestName else { return }
    throw UpscaleError(
      "\(item.input): its result's name would have \(length) bytes, expected at most \(longestName); rename the file, or "
        + "give a shorter --suffix")
  }

  /// Linux has names of 255 bytes. A file that is being written has a longer name than in the end, and so has a sheet.
  private static let longestName = 224

  private static func checkReference(_ item: UpscaleItem) throws {
    guard let path = item.reference else { return }
    let (width, height) = try PictureFile(path).size
    guard width == item.outputWidth, height == item.outputHeight else {
      throw UpscaleError(
        "\(path): it has \(width) x \(height) pixels, expected \(item.outputWidth) x \(item.outputHeight), the size of the "
          + "result of \(item.input)")
    }
  }

  // MARK: - Outputs

  private static func checkFolder(_ options: UpscaleOptions) throws {
    let output = options.output
    let kind = try PathKind.of(output)
    let isNamedAsFile = ["png", "jpg", "jpeg", "npy"].contains { output.lowercased().hasSuffix(".\($0)") }
    if kind == .directory || (kind == nil && !isNamedAsFile) { return try WriteAccess.checkFolder(output) }
    let advice = isNamedAsFile ? "give -o \(DirectoryCalls.parent(of: output))" : "a file is there"
    throw UpscaleError(
      "\(output): -o names a folder, in which each result is called after its input; \(advice)")
  }

  private mutating func checkOutputs(_ options: UpscaleOptions, inputs: [BytePath]) throws {
    let identities = Dictionary(
      try inputs.compactMap { path in
        try FileStatus(path, followsLinks: true).map { ($0.identity, path) }
      }, uniquingKeysWith: { first, _ in first })
    var existing: [String] = []
    var kept: [UpscaleItem] = []
    for item in items {
      // A sheet is written before the result, so it may be there alone.
      var isDone = false
      for output in [item.output, item.comparison].compactMap({ $0 }) {
        guard let status = try FileStatus(BytePath(output), followsLinks: true) else { continue }
        if let input = identities[status.identity] {
          throw UpscaleError(
            "\(output): the result would replace the input \(input); give another -o or --suffix")
        }
        guard status.kind == .file else { throw UpscaleError("\(output): it exists, and is not a file") }
        isDone = isDone || output == item.output
        existing.append(output)
      }
      if isDone, options.existing == .skip { skipped += 1 } else { kept.append(item) }
    }
    items = kept
    guard options.existing == .error, let first = existing.first else { return }
    let others = existing.count > 1 ? ", and \(existing.count - 1) more outputs," : ""
    throw UpscaleError(
      "\(first)\(others) exist\(existing.count > 1 ? "" : "s"); --skip-existing leaves such files and their inputs alone, "
        + "--overwrite replaces them")
  }
}

/// How results are named after their inputs.
struct OutputNames {
  private let folder: String
  private let suffix: String
  private let ending: UpscaleOptions.Ending

  init(_ options: UpscaleOptions) {
    folder = options.output
    suffix = options.suffix.isEmpty ? "" : "_\(options.suffix)"
    ending = options.ending
  }

  func output(_ name: String, _ ending: String) -> String {
    "\(folder)/\(Self.stem(name))\(suffix).\(ending)"
  }

  func comparison(_ name: String) -> String { "\(folder)/\(Self.stem(name))\(suffix)_compare.png" }

  private static func stem(_ name: String) -> String { BytePath(name).withoutPictureEnding.description }

  func format(of file: PictureFile) -> PictureFile.Format {
    switch ending {
    case .auto: file.format
    case .png: .png
    case .jpg: file.stored.hasAlpha || file.stored.sample == .uint16 ? .png : .jpeg
    }
  }
}

extension BytePath {
  /// The path if it is UTF-8.
  fileprivate var text: String? { String(validating: bytes, as: UTF8.self) }
}
