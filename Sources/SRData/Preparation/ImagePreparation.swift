import SRTensor

/// What becomes of one photograph.
struct PreparedImage: Sendable {
  struct Crop: Sendable {
    let x: Int
    let y: Int
    let highRes: RGBImage
    let lowRes: RGBImage
  }

  /// The whole picture after resizing.
  let full: RGBImage
  let crops: [Crop]
}

/// Reads, resizes and crops single photographs.
struct ImagePreparation: Sendable {
  let directory: String
  /// All pictures, sorted; a photograph's place in the list names its random stream.
  let pictures: [String]
  let options: PreparationOptions

  /// The pictures in the order in which they are to be taken.
  func choice() -> [Int] {
    // No picture has this number, so that its crops draw from other streams.
    var generator = PhiloxGenerator(seed: options.seed, stream: .max)
    return generator.permutation(of: pictures.count)
  }

  /// Prepares the picture at `index` in the list.
  /// - Throws: ``FileError`` or ``ImageFileError`` naming the file.
  func prepare(_ index: Int) throws -> PreparedImage {
    let path = "\(directory)/\(pictures[index])"
    let image = try ImageFile.read(path)
    let full = options.resize > 0 ? image.resized(width: options.resize, height: options.resize) : image
    guard full.width >= options.crop, full.height >= options.crop else {
      throw ImageFileError(
        path: path,
        problem: "\(full.width) x \(full.height) pixels are too few for crops of \(options.crop)")
    }
    let crops = (0..<options.cropsPerImage).map { crop(full, image: index, number: $0) }
    return PreparedImage(full: full, crops: crops)
  }

  private func crop(_ full: RGBImage, image: Int, number: Int) -> PreparedImage.Crop {
    var generator = PhiloxGenerator(
      seed: options.seed, stream: UInt32(image), substream: UInt32(number))
    let x = generator.index(below: full.width - options.crop + 1)
    let y = generator.index(below: full.height - options.crop + 1)
    let highRes = full.cropped(x: x, y: y, width: options.crop, height: options.crop)
    let side = options.crop / options.scale
    return PreparedImage.Crop(
      x: x, y: y, highRes: highRes, lowRes: highRes.resized(width: side, height: side))
  }
}
