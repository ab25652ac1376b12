import SRFiles

/// Makes a folder of degraded pictures: `srdist degrade`. Each is a PNG with its original's name.
///
/// A picture's draw depends on the seed and on its place in the sorted list of the folder's pictures.
package struct FolderDegradation: Sendable {
  package struct Result: Sendable {
    package let pictures: Int
    /// How many originals had to be cropped to a multiple of the scale.
    package fileprivate(set) var cropped = 0
    /// What decoding changed, and in how many pictures.
    package fileprivate(set) var conversions: [PictureConversion: Int] = [:]
    package let passedOver: PassedOver
  }

  let input: String
  let output: String
  /// A folder for the originals, cropped to a multiple of the scale; nil for none.
  let originals: String?
  let degrader: Degrader
  let seed: UInt64
  let threads: Int
  let overwrites: Bool
  private let budget: PixelBudget

  package init(
    input: String, output: String, originals: String?, degrader: Degrader, seed: UInt64, threads: Int,
    overwrites: Bool, memory: Int
  ) {
    self.input = input
    self.output = output
    self.originals = originals
    self.degrader = degrader
    self.seed = seed
    self.threads = threads
    self.overwrites = overwrites
    budget = PixelBudget(bytes: memory)
  }

  /// Makes all pictures. Nothing is written if a name is taken, or if a result would replace one of the input's pictures.
  ///
  /// - Parameter progress: called after each picture.
  /// - Throws: ``FolderDegradationError``, ``PreparationError``, ``FileError``, ``ImageFileError``, ``ThreadError``.
  package func run(progress: @escaping (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws -> Result {
    if let originals, try DirectoryCalls.areSame(originals, output) {
      throw FolderDegradationError(
        "--output \(output) and --hr-output \(originals) name one folder, and the files have the same names; give two folders"
      )
    }
    let results = try [output, originals].compactMap {
      try $0.flatMap { try FileStatus(BytePath($0), followsLinks: true)?.identity }
    }
    let listing = try PictureListing(directory: input, excluding: Set(results))
    let pictures = listing.pictures
    guard !pictures.isEmpty else {
      let others = listing.passedOver.isEmpty ? "" : "; passed over: \(listing.passedOver)"
      throw FolderDegradationError("\(input): no PNG or JPEG file is there\(others)")
    }
    let names = try outputNames(pictures)
    var result = Result(pictures: pictures.count, passedOver: listing.passedOver)
    var done = 0
    _ = try OrderedWork.run(count: pictures.count, needed: pictures.count, threads: threads) { index in
      Swift.Result { try degrade(pictures[index], index: index) }
    } use: { index, made in
      let pair = try made.get()
      try write(pair.lowRes, to: output, names[index])
      if let originals { try write(pair.original, to: originals, names[index]) }
      if pair.isCropped { result.cropped += 1 }
      for conversion in pair.conversions { result.conversions[conversion, default: 0] += 1 }
      done += 1
      progress(done, pictures.count)
      return true
    }
    return result
  }

  private func write(_ image: RGBImage, to folder: String, _ name: String) throws {
    let path = "\(folder)/\(name)"
    try DirectoryCalls.createWithParents(DirectoryCalls.parent(of: path))
    try ImageFile.writePNG(image, to: path)
  }

  /// Each picture's name below the output folder.
  private func outputNames(_ pictures: [BytePath]) throws -> [String] {
    let root = BytePath(input)
    let inputs = try Set(
      pictures.compactMap { try FileStatus(root.appending($0), followsLinks: true)?.identity })
    var owners: [String: BytePath] = [:]
    return try pictures.map { path in
      let name = "\(path.withoutPictureEnding).png"
      if let other = owners.updateValue(path, forKey: name) {
        throw FolderDegradationError(
          "\(input): \(other) and \(path) would both become \(name); rename one of them")
      }
      for folder in [output, originals].compactMap({ $0 }) {
        guard let kind = try PathKind.of("\(folder)/\(name)") else { continue }
        let identity = try FileStatus(BytePath("\(folder)/\(name)"), followsLinks: true)?.identity
        if let identity, inputs.contains(identity) {
          throw FolderDegradationError(
            "\(folder)/\(name) is a picture of the input, which would be lost; give another folder")
        }
        if overwrites && kind == .file { continue }
        throw FolderDegradationError(
          "\(folder)/\(name) exists\(kind == .file ? "; give another folder, or --overwrite" : " and is no file")"
        )
      }
      return name
    }
  }

  private struct Pair {
    let lowRes: RGBImage
    let original: RGBImage
    let isCropped: Bool
    let conversions: Set<PictureConversion>
  }

  private func degrade(_ path: BytePath, index: Int) throws -> Pair {
    let full = BytePath(input).appending(path)
    return try ImageFile.withPicture(at: full, within: budget, use: workingBytes) { picture in
      let scale = degrader.scale
      let (width, height) = (picture.width / scale * scale, picture.height / scale * scale)
      do throws(DegradationError) {
        try degrader.check(width: picture.width, height: picture.height)
      } catch {
        throw ImageFileError(path: full.description, problem: error.problem)
      }
      let original = picture.cropped(x: 0, y: 0, width: width, height: height)
      let key = DegradationKey(seed: seed, fixed: index)
      return Pair(
        lowRes: degrader.degrade(original, key: key), original: degrader.finished(original, key: key),
        isCropped: (width, height) != (picture.width, picture.height), conversions: picture.conversions)
    }
  }

  /// The bytes that a degradation takes: bytes and floats of the original, and the buffers.
  private func workingBytes(width: Int, height: Int) -> Int {
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, pixels < 1 << 40 else { return .max }
    let (bytes, tooMany) = degrader.recipe.workingBytes(width: width, height: height)
      .addingReportingOverflow(18 * pixels)
    return tooMany ? .max : bytes
  }
}

/// A folder of pictures cannot be degraded.
package struct FolderDegradationError: Error, CustomStringConvertible, Sendable {
  package let description: String
  init(_ description: String) { self.description = description }
}
