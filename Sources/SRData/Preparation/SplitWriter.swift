import SRFiles

/// Writes the arrays of one split, image by image.
final class SplitWriter {
  /// The number of images that the split will have.
  let imageCount: Int
  private(set) var samples: [PreparationManifest.Sample] = []
  private let format: PixelFormat
  private let highRes: NumPyWriter
  private let lowRes: NumPyWriter
  private let full: NumPyWriter?
  private var written = 0

  init(
    _ split: NumPyPairDataset.Split, count imageCount: Int, directory: String, options: PreparationOptions,
    _ format: PixelFormat
  ) throws {
    self.imageCount = imageCount
    let count = imageCount * options.cropsPerImage
    let side = options.crop / options.scale
    func writer(_ file: String, count: Int, side: Int) throws -> NumPyWriter {
      try NumPyWriter(
        path: "\(directory)/\(file)", shape: [count, side, side, format.channels], format.sample)
    }
    self.format = format
    highRes = try writer(split.highResFile, count: count, side: options.crop)
    lowRes = try writer(split.lowResFile, count: count, side: side)
    full =
      options.keepFull && split == .train
      ? try writer(RandomCrops.fileName, count: imageCount, side: options.resize) : nil
  }

  var isComplete: Bool { written == imageCount }

  func append(_ image: PreparedImage, source: String) throws {
    for crop in image.crops {
      try highRes.append(crop.highRes.bytes)
      try lowRes.append(crop.lowRes.bytes)
      samples.append(PreparationManifest.Sample(source: source, cropX: crop.x, cropY: crop.y))
    }
    if let full, let whole = image.full { try full.append(whole.bytes) }
    written += 1
  }

  /// Completes the files, and returns their names, shapes and hashes.
  func finish() throws -> [PreparationManifest.Array] {
    try [highRes, lowRes, full].compactMap { $0 }.map { writer in
      let name = writer.path.split(separator: "/").last.map(String.init) ?? writer.path
      return PreparationManifest.Array(
        file: name, shape: writer.shape, sha256: try writer.finish(),
        type: format.sample == .uint8 ? nil : format.sample)
    }
  }
}
