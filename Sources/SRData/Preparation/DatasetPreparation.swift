import SRFiles

/// Makes the arrays that training reads, from a folder of photographs: `srdist prepare`.
///
/// The arrays are a function of the pictures' bytes, their relative paths and the options. The number of threads only affects
/// the speed. A failed or killed preparation leaves the output as it was; see ``PreparedFolder``.
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
    /// How many of the images that were used had to be changed to become upright 8-bit RGB.
    package fileprivate(set) var conversions: [PictureConversion: Int] = [:]
  }

  package let input: String
  package let output: String
  package let options: PreparationOptions
  package let threads: Int
  package let replacesExisting: Bool
  private let budget: PixelBudget

  /// - Parameters:
  ///   - replacesExisting: whether prepared files in `output` may be replaced. Other files there are left alone.
  ///   - memory: the bytes that the photographs may take that are read at the same time.
  package init(
    input: String, output: String, options: PreparationOptions, threads: Int, replacesExisting: Bool = false,
    memory: Int = PixelBudget.standardBytes
  ) {
    budget = PixelBudget(bytes: memory)
    self.input = input
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
      guard manifest.options == options, manifest.input == input else {
        throw PreparationError.earlierDataInPlace(output)
      }
      return Result(manifest: manifest)
    }
    let listing = try PictureListing(directory: input)
    let images = ImagePreparation(
      directory: input, pictures: listing.pictures, options: options, budget: budget)
    guard images.pictures.count >= options.train + options.valid else {
      throw tooFew(listing, broken: 0)
    }
    let result = try write(images, of: listing, to: folder.staging, progress: progress)
    try folder.publish(result.manifest)
    return result
  }

  private func write(
    _ images: ImagePreparation, of listing: PictureListing, to directory: String,
    progress: @escaping (Progress) -> Void
  ) throws -> Result {
    var manifest = PreparationManifest(input: input, options: options)
    let train = try SplitWriter(.train, directory: directory, options: options)
    let valid = try SplitWriter(.valid, directory: directory, options: options)
    let total = options.train + options.valid
    let choice = images.choice()
    var conversions: [PictureConversion: Int] = [:]
    var done = 0
    let found = try OrderedWork.run(count: choice.count, needed: total, threads: threads) { position in
      Swift.Result { try images.prepare(choice[position]) }
    } use: { position, result in
      let source = images.pictures[choice[position]].description
      switch result {
      case .success(let image):
        try (train.isComplete ? valid : train).append(image, source: source)
        for conversion in image.conversions { conversions[conversion, default: 0] += 1 }
        if let warnings = image.warnings {
          manifest.warned = (manifest.warned ?? []) + [.init(source: source, reason: warnings.first)]
        }
        done += 1
      case .failure(let error):
        guard options.skipBroken else { throw PreparationError.brokenImage("\(error)") }
        manifest.skipped.append(.init(source: source, reason: reason(error)))
      }
      progress(Progress(done: done, total: total, skipped: manifest.skipped.count))
      return (try? result.get()) != nil
    }
    guard found == total else { throw tooFew(listing, broken: manifest.skipped.count) }
    manifest.train = train.samples
    manifest.valid = valid.samples
    manifest.arrays = try train.finish() + valid.finish()
    return Result(manifest: manifest, passedOver: listing.passedOver, conversions: conversions)
  }

  private func reason(_ error: any Error) -> String {
    switch error {
    case let error as ImageFileError: error.problem
    case let error as FileError: "cannot \(error.operation.rawValue): \(error.reason)"
    default: "\(error)"
    }
  }

  private func tooFew(_ listing: PictureListing, broken: Int) -> PreparationError {
    .tooFewImages(
      directory: input, found: listing.pictures.count, broken: broken, train: options.train,
      valid: options.valid, passedOver: listing.passedOver)
  }
}
