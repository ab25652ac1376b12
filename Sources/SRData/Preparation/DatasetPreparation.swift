import SRFiles
import SRTensor

/// Makes the arrays that training reads, from folders of photographs: `srdist prepare`.
///
/// The arrays are a function of the pictures' bytes, their relative paths and the options. The number of threads only affects
/// the speed. A failed or killed preparation leaves the output as it was; see ``PreparedFolder``.
///
/// A picture is taken once: of pictures with the same pixels, the first in the order of the draw. So no picture lies on both
/// sides, and none counts twice. If each side has its own folders, validation chooses first: it keeps its pictures and groups, and
/// training does without them.
package struct DatasetPreparation: Sendable {
  /// How far the preparation has come, in images.
  package struct Progress: Sendable, Equatable {
    package let done: Int
    package let total: Int
    package let skipped: Int
  }

  package struct Result: Sendable {
    package let manifest: PreparationManifest
    /// What was found in the input beside pictures.
    package fileprivate(set) var passedOver = PassedOver()
    /// What the arrays' format changes in pictures, for a person to read.
    package fileprivate(set) var remarks: [String] = []
    /// What is to be said about the pictures that were used. Nil if an earlier preparation was finished.
    package fileprivate(set) var use: PictureUse?
  }

  package let inputs: PreparationInputs
  package let output: String
  package let options: PreparationOptions
  package let threads: Int
  package let replacesExisting: Bool
  private let budget: PixelBudget

  /// - Parameters:
  ///   - replacesExisting: whether prepared files in `output` may be replaced. Other files there are left alone.
  ///   - memory: the bytes that the photographs may take that are read at the same time.
  package init(
    inputs: PreparationInputs, output: String, options: PreparationOptions, threads: Int,
    replacesExisting: Bool = false, memory: Int = PixelBudget.standardBytes
  ) {
    budget = PixelBudget(bytes: memory)
    self.inputs = inputs
    self.output = output
    self.options = options
    self.threads = threads
    self.replacesExisting = replacesExisting
  }

  /// Prepares everything. If the same preparation was interrupted while it put complete data in place, finishes that alone.
  ///
  /// - Parameter progress: called after each image, on any thread, by one thread at a time.
  /// - Throws: ``PreparationError``, ``FolderLockError`` and ``FileError``.
  package func run(progress: @escaping (Progress) -> Void = { _ in }) throws -> Result {
    try options.validate()
    guard threads > 0 else { throw PreparationError.invalidOption("--threads must be at least 1") }
    let folder = try PreparedFolder(output, replacesExisting: replacesExisting)
    if let manifest = folder.recovered, !replacesExisting {
      guard manifest.options == options, manifest.inputs == inputs else {
        throw PreparationError.earlierDataInPlace(output)
      }
      return Result(manifest: manifest)
    }
    let found = try InputPictures(inputs, groupBy: options.groupBy.map { try GroupPattern($0) })
    let (format, remarks) = try format(of: found.pictures)
    guard !options.keepFull || format == .rgb8 else {
      throw PreparationError.invalidOption(
        "--keep-full keeps images for fresh crops, which are of 8-bit RGB, and these are \(format). Give --depth 8 --channels 3, or "
          + "leave out --keep-full")
    }
    let images = ImagePreparation(
      pictures: found.pictures, options: options, format: format, budget: budget)
    var draws = try PictureDraw.all(of: found, for: inputs, images: images)
    while true {
      let work = PreparationWork(images, draws, threads: threads, progress: progress)
      if let fewer = try work.write(inputs, to: folder.staging) {
        // An array begins with its length. Pictures of "all" fell out, and the length is known now.
        draws = fewer
        continue
      }
      try folder.publish(work.manifest!)
      return Result(
        manifest: work.manifest!, passedOver: found.passedOver, remarks: remarks, use: work.use)
    }
  }
  /// The arrays' format. An array begins with it, so the heads of all pictures are read first, unless the options give it.
  private func format(of pictures: [InputPicture]) throws -> (PixelFormat, remarks: [String]) {
    let depth = options.depth ?? .auto
    if let channels = options.channels, depth != .auto {
      return (PixelFormat(channels: channels, depth == .eight ? .uint8 : .uint16), [])
    }
    // What cannot be read is told when it is decoded.
    let files = try mapConcurrently(count: pictures.count, threads: threads) { index in
      (try? SourcePicture(pictures[index].path)).map { (path: pictures[index].source, facts: $0.facts) }
    }.compactMap { $0 }
    let channels = options.channels ?? (files.isEmpty ? 3 : PictureFormatRule.channels(of: files))
    let values: SampleScale
    do throws(TrainingPicturesError) {
      values = try PictureFormatRule(depth: depth).values(of: files)
    } catch {
      throw PreparationError.invalidOption(error.description)
    }
    let narrow = files.filter { $0.facts.sample == .uint8 && values.sample == .uint16 }
    let remark = narrow.first.map { first in
      "\(narrow.count) of \(pictures.count) pictures have 8 bits, such as \(first.path), and others 16: the arrays are uint16. "
        + "--depth 8 makes them uint8"
    }
    return (PixelFormat(channels: channels, values.sample), depth == .auto ? remark.map { [$0] } ?? [] : [])
  }
}
