import Foundation
import SRFiles

/// Makes the arrays that training reads, from a folder of photographs: `srdist prepare`.
///
/// The result is a function of the pictures' bytes, their relative paths and the options. The number of threads only affects
/// the speed. Files are made in a staging directory below the output, so an interrupted run leaves no arrays that look
/// complete. The manifest is put in place last.
package struct DatasetPreparation: Sendable {
  /// How far the preparation has come, in images.
  package struct Progress: Sendable, Equatable {
    package let done: Int
    package let total: Int
    package let skipped: Int
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

  /// Prepares everything, and returns the manifest that was written.
  /// - Parameter progress: called from time to time, on the caller's thread.
  /// - Throws: ``PreparationError`` and ``FileError``.
  package func run(progress: (Progress) -> Void = { _ in }) throws -> PreparationManifest {
    try options.validate()
    guard threads > 0 else { throw PreparationError.invalidOption("--threads must be at least 1") }
    let images = ImagePreparation(
      directory: input, pictures: try PictureListing.pictures(in: input), options: options, budget: budget)
    guard images.pictures.count >= options.train + options.valid else {
      throw tooFew(found: images.pictures.count, broken: 0)
    }
    let staging = try StagingDirectory(output: output, replacesExisting: replacesExisting)
    let manifest = try write(images, to: staging.path, progress: progress)
    // The manifest is the first to be removed and the last to be put in place. So if there is one, it describes the arrays
    // beside it.
    try staging.publish(
      manifest.arrays.map(\.file) + [PreparationManifest.fileName],
      replacing: [PreparationManifest.fileName] + Self.arrayFiles)
    return manifest
  }

  /// The names of all arrays, for any options.
  private static let arrayFiles =
    NumPyPairDataset.Split.allCases.flatMap { [$0.highResFile, $0.lowResFile] } + [RandomCrops.fileName]

  private func write(
    _ images: ImagePreparation, to directory: String, progress: (Progress) -> Void
  ) throws -> PreparationManifest {
    var manifest = PreparationManifest(input: input, options: options)
    let train = try SplitWriter(.train, directory: directory, options: options)
    let valid = try SplitWriter(.valid, directory: directory, options: options)
    let total = options.train + options.valid
    var rest = images.choice()[...]
    var done = 0
    while done < total {
      // No more than are missing, so that none is read in vain.
      let portion = rest.prefix(min(16 * threads, total - done))
      guard !portion.isEmpty else {
        throw tooFew(found: images.pictures.count, broken: manifest.skipped.count)
      }
      rest = rest.dropFirst(portion.count)
      let indices = Array(portion)
      let results = mapConcurrently(count: indices.count, threads: threads) { position in
        Result { try images.prepare(indices[position]) }
      }
      for (index, result) in zip(indices, results) {
        let source = images.pictures[index]
        switch result {
        case .success(let image):
          try (train.isComplete ? valid : train).append(image, source: source)
          if let warnings = image.warnings {
            manifest.warned = (manifest.warned ?? []) + [.init(source: source, reason: warnings.first)]
          }
          done += 1
        case .failure(let error):
          guard options.skipBroken else { throw PreparationError.brokenImage("\(error)") }
          manifest.skipped.append(.init(source: source, reason: reason(error)))
        }
      }
      progress(Progress(done: done, total: total, skipped: manifest.skipped.count))
    }
    manifest.train = train.samples
    manifest.valid = valid.samples
    manifest.arrays = try train.finish() + valid.finish()
    try manifest.write(to: "\(directory)/\(PreparationManifest.fileName)")
    return manifest
  }

  private func reason(_ error: any Error) -> String {
    switch error {
    case let error as ImageFileError: error.problem
    case let error as FileError: "cannot \(error.operation.rawValue): \(error.reason)"
    default: "\(error)"
    }
  }

  private func tooFew(found: Int, broken: Int) -> PreparationError {
    .tooFewImages(
      directory: input, found: found, broken: broken, train: options.train, valid: options.valid)
  }
}
