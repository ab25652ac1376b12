import SRFiles

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
    let images = ImagePreparation(pictures: found.pictures, options: options, budget: budget)
    var draws = try PictureDraw.all(of: found, for: inputs, images: images)
    while true {
      let work = PreparationWork(images, draws, threads: threads, progress: progress)
      if let fewer = try work.write(inputs, to: folder.staging) {
        // An array begins with its length. Pictures of "all" fell out, and the length is known now.
        draws = fewer
        continue
      }
      try folder.publish(work.manifest!)
      return Result(manifest: work.manifest!, passedOver: found.passedOver, use: work.use)
    }
  }
}
