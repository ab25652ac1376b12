import SRFiles
import SRTensor

/// What is made of one photograph.
struct PreparedImage: Sendable {
  struct Crop: Sendable {
    let x: Int
    let y: Int
    let highRes: RGBImage
    let lowRes: RGBImage
  }

  /// The whole picture after resizing; nil unless it is to be kept.
  let full: RGBImage?
  let crops: [Crop]
  let conversions: Set<PictureConversion>
  /// Faults of the photograph's file that change no pixel.
  let warnings: DecodedPicture.Warnings?
}

/// Reads, resizes and crops single photographs.
struct ImagePreparation: Sendable {
  let directory: String
  /// All pictures, sorted. A photograph's place in the list is the number of its random stream.
  let pictures: [BytePath]
  let options: PreparationOptions
  /// The memory for the photographs that are read at the same time.
  let budget: PixelBudget

  /// The pictures in the order in which they are taken.
  func choice() -> [Int] {
    // No picture has this number, so all crops draw from other streams.
    var generator = PhiloxGenerator(seed: options.seed, stream: .max)
    return generator.permutation(of: pictures.count)
  }

  /// Prepares the picture at `index` in the list.
  /// - Throws: ``FileError`` or ``ImageFileError``, which name the file.
  func prepare(_ index: Int) throws -> PreparedImage {
    let path = BytePath(directory).appending(pictures[index])
    return try ImageFile.withPicture(at: path, within: budget, use: workingBytes) {
      try prepare($0, index, path: path)
    }
  }

  /// The bytes that resizing takes.
  private func workingBytes(width: Int, height: Int) -> Int {
    options.resize > 0
      ? options.resample.workingBytes(
        fromWidth: width, height: height, toWidth: options.resize, height: options.resize) : 0
  }

  private func prepare(_ picture: DecodedPicture, _ index: Int, path: BytePath) throws -> PreparedImage {
    // A photograph may have more bytes than all its crops together. So only the crops of one that is not resized are copied.
    let full =
      options.resize > 0
      ? picture.resized(width: options.resize, height: options.resize, by: options.resample) : nil
    let (width, height) = (full?.width ?? picture.width, full?.height ?? picture.height)
    guard width >= options.crop, height >= options.crop else {
      throw ImageFileError(
        path: path.description,
        problem: "\(width) x \(height) pixels are too few for crops of \(options.crop)")
    }
    let crops = (0..<options.cropsPerImage).map { number in
      var generator = PhiloxGenerator(
        seed: options.seed, stream: UInt32(index), substream: UInt32(number))
      let x = generator.index(below: width - options.crop + 1)
      let y = generator.index(below: height - options.crop + 1)
      let highRes =
        full?.cropped(x: x, y: y, width: options.crop, height: options.crop)
        ?? picture.cropped(x: x, y: y, width: options.crop, height: options.crop)
      let side = options.crop / options.scale
      return PreparedImage.Crop(
        x: x, y: y, highRes: highRes, lowRes: highRes.resized(width: side, height: side, by: options.resample)
      )
    }
    return PreparedImage(
      full: options.keepFull ? full : nil, crops: crops, conversions: picture.conversions,
      warnings: picture.warnings)
  }
}
