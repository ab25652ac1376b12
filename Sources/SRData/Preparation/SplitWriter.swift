import SRFiles

/// Writes the arrays of one split, image by image.
final class SplitWriter {
  /// The number of images that the split will have.
  let imageCount: Int
  private(set) var samples: [PreparationManifest.Sample] = []
  private let highRes: NumPyWriter
  private let lowRes: NumPyWriter
  private let full: NumPyWriter?
  private var written = 0

  init(
    _ split: NumPyPairDataset.Split, count imageCount: Int, directory: String, options: PreparationOptions
  ) throws {
    self.imageCount = imageCount
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
    if let full, let whole = image.full { try full.append(whole.pixels) }
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
