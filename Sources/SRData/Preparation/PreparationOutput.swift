import Foundation
import SRFiles

/// A directory below the output in which files are made, before they all move to the output together. It is removed with its
/// object.
final class StagingDirectory {
  let path: String
  private let output: String
  private let madeOutput: Bool
  private static let name = ".partial"

  /// - Throws: ``PreparationError/outputNotEmpty(_:)`` unless `replacesExisting` allows it, and ``FileError``.
  init(output: String, replacesExisting: Bool) throws {
    self.output = output
    path = "\(output)/\(Self.name)"
    let present = try? FileManager.default.contentsOfDirectory(atPath: output)
    madeOutput = present == nil
    // What a killed run left in the staging directory does not count.
    if let present, !present.filter({ $0 != Self.name }).isEmpty, !replacesExisting {
      throw PreparationError.outputNotEmpty(output)
    }
    try DirectoryCalls.remove(path)
    try DirectoryCalls.createWithParents(path)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
    if madeOutput { rmdir(output) }  // only if it is still empty
  }

  /// Removes the earlier files named in `obsolete`, in that order. Then moves the staged ones to the output, in the order of
  /// `files`. Throws ``FileError``.
  func publish(_ files: [String], replacing obsolete: [String]) throws {
    for file in obsolete { unlink("\(output)/\(file)") }
    for file in files {
      try DirectoryCalls.rename("\(path)/\(file)", to: "\(output)/\(file)")
    }
    try DirectoryCalls.flush(output)
  }
}

/// Writes the arrays of one split, image by image.
final class SplitWriter {
  /// The number of images that the split will have.
  let imageCount: Int
  private(set) var samples: [PreparationManifest.Sample] = []
  private let highRes: NumPyWriter
  private let lowRes: NumPyWriter
  private let full: NumPyWriter?
  private var written = 0

  init(_ split: NumPyPairDataset.Split, directory: String, options: PreparationOptions) throws {
    imageCount = split == .train ? options.train : options.valid
    let count = imageCount * options.cropsPerImage
    let side = options.crop / options.scale
    highRes = try NumPyWriter(
      path: "\(directory)/\(split.highResFile)", shape: [count, options.crop, options.crop, 3])
    lowRes = try NumPyWriter(path: "\(directory)/\(split.lowResFile)", shape: [count, side, side, 3])
    full =
      options.keepFull && split == .train
      ? try NumPyWriter(
        path: "\(directory)/\(RandomCrops.fileName)",
        shape: [imageCount, options.resize, options.resize, 3]) : nil
  }

  var isComplete: Bool { written == imageCount }

  func append(_ image: PreparedImage, source: String) throws {
    for crop in image.crops {
      try highRes.append(crop.highRes.pixels)
      try lowRes.append(crop.lowRes.pixels)
      samples.append(PreparationManifest.Sample(source: source, cropX: crop.x, cropY: crop.y))
    }
    try full?.append(image.full.pixels)
    written += 1
  }

  /// Completes the files, and returns their names, shapes and hashes.
  func finish() throws -> [PreparationManifest.Array] {
    try [highRes, lowRes, full].compactMap { $0 }.map { writer in
      let name = writer.path.split(separator: "/").last.map(String.init) ?? writer.path
      return PreparationManifest.Array(file: name, shape: writer.shape, sha256: try writer.finish())
    }
  }
}
