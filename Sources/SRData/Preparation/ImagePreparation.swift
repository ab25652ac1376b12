import SRFiles
import SRTensor

/// What is made of one photograph.
struct PreparedImage: Sendable {
  struct Crop: Sendable {
    let x: Int
    let y: Int
    let highRes: Raster
    let lowRes: Raster
  }

  /// The whole picture after resizing; nil unless it is to be kept.
  let full: Raster?
  let crops: [Crop]
  /// Of the upright photograph, before it is resized.
  let (sourceWidth, sourceHeight): (Int, Int)
  /// SHA-256 of the photograph's size and of its upright pixels in the arrays' format: the same for each copy, however it is stored.
  let pixelHash: String
  let conversions: Set<PictureConversion>
  /// Faults of the photograph's file that change no pixel.
  let warnings: DecodedPicture.Warnings?
}

/// Reads, resizes and crops single photographs.
struct ImagePreparation: Sendable {
  /// A photograph's place in the list is the number of its random stream.
  let pictures: [InputPicture]
  let options: PreparationOptions
  /// Of the arrays.
  let format: PixelFormat
  /// The memory for the photographs that are read at the same time.
  let budget: PixelBudget

  /// Some of the pictures in the order in which they are taken: the groups in random order, each one whole. A picture without a
  /// group is a group.
  ///
  /// - Parameter substream: tells the draws of the two sides apart if each one has its own pictures.
  func choice(of range: Range<Int>, substream: UInt32 = 0) -> [Int] {
    var groups: [[Int]] = []
    var places: [String: Int] = [:]
    for index in range {
      guard let group = pictures[index].group else {
        groups.append([index])
        continue
      }
      if let place = places[group] {
        groups[place].append(index)
      } else {
        places[group] = groups.count
        groups.append([index])
      }
    }
    // No picture has this number, so all crops draw from other streams.
    var generator = PhiloxGenerator(seed: options.seed, stream: .max, substream: substream)
    return generator.permutation(of: groups.count).flatMap { groups[$0] }
  }

  /// Prepares the picture at `index` in the list.
  /// - Throws: ``FileError`` or ``ImageFileError``, which name the file.
  func prepare(_ index: Int) throws -> PreparedImage {
    let path = pictures[index].path
    guard format == .rgb8 else { return try prepareValues(index, path: path) }
    return try ImageFile.withPicture(at: path, within: budget, use: workingBytes) { picture in
      // A photograph may have more bytes than all its crops together. So only the crops of one that is not resized are copied.
      let full =
        options.resize > 0
        ? Raster(picture.resized(width: options.resize, height: options.resize, by: options.resample)) : nil
      let crops = try crops(index, of: full?.size ?? picture.size, path: path) { x, y, size in
        full?.cropped(x: x, y: y, to: size)
          ?? Raster(picture.cropped(x: x, y: y, width: size.width, height: size.height))
      }
      return PreparedImage(
        full: options.keepFull ? full : nil, crops: crops, sourceWidth: picture.width,
        sourceHeight: picture.height, pixelHash: picture.pixelHash, conversions: picture.conversions,
        warnings: picture.warnings)
    }
  }

  /// Prepares a picture for arrays of another format than 8-bit RGB.
  private func prepareValues(_ index: Int, path: BytePath) throws -> PreparedImage {
    let file = try SourcePicture(path)
    let (size, channels) = (file.facts.size, format.channels)
    guard file.facts.canHave(channels: channels) else {
      throw ImageFileError(
        path: file.path,
        problem:
          "the picture is \(file.facts.text), expected \(channels) channel\(channels == 1 ? "" : "s"): colours are not turned into "
          + "grey, and no alpha is made. Leave out --channels, or sort the files")
    }
    let decoding = file.decodingBytes(as: format) + size.pixels * format.bytesPerPixel
    return try ImageFile.withBytes(
      decoding, and: workingBytes(width: size.width, height: size.height), for: file.path, size,
      within: budget
    ) {
      let (picture, warnings) = try file.decodeWithWarnings(as: format, size: size)
      let full =
        options.resize > 0
        ? picture.resized(width: options.resize, height: options.resize, by: options.resample) : picture
      let crops = try crops(index, of: full.size, path: path) { full.cropped(x: $0, y: $1, to: $2) }
      let hasher = SHA256()
      hasher.update("\(size)\n")
      picture.bytes.withUnsafeBytes(hasher.update)
      return PreparedImage(
        full: options.keepFull ? full : nil, crops: crops, sourceWidth: size.width,
        sourceHeight: size.height, pixelHash: hasher.finalize(), conversions: file.conversions(as: format),
        warnings: warnings)
    }
  }

  /// The bytes that resizing takes.
  private func workingBytes(width: Int, height: Int) -> Int {
    options.resize > 0
      ? options.resample.workingBytes(
        format, fromWidth: width, height: height, toWidth: options.resize, height: options.resize) : 0
  }

  private func crops(
    _ index: Int, of size: PictureSize, path: BytePath,
    _ crop: (_ x: Int, _ y: Int, _ size: PictureSize) -> Raster
  ) throws -> [PreparedImage.Crop] {
    guard size.width >= options.crop, size.height >= options.crop else {
      throw ImageFileError(
        path: path.description, problem: "\(size) pixels are too few for crops of \(options.crop)")
    }
    return (0..<options.cropsPerImage).map { number in
      var generator = PhiloxGenerator(
        seed: options.seed, stream: UInt32(index), substream: UInt32(number))
      let x = generator.index(below: size.width - options.crop + 1)
      let y = generator.index(below: size.height - options.crop + 1)
      let highRes = crop(x, y, PictureSize(width: options.crop, height: options.crop))
      let side = options.crop / options.scale
      return PreparedImage.Crop(
        x: x, y: y, highRes: highRes, lowRes: highRes.resized(width: side, height: side, by: options.resample)
      )
    }
  }
}

extension DecodedPicture {
  fileprivate var size: PictureSize { PictureSize(width: width, height: height) }

  /// See ``PreparedImage/pixelHash``. Precondition: the picture is 8-bit RGB.
  fileprivate var pixelHash: String {
    precondition(format == .rgb8, "the hash of a picture that is not 8-bit RGB")
    let hasher = SHA256()
    hasher.update("\(width) x \(height)\n")
    withUnsafeTemporaryAllocation(byteCount: 3 * width, alignment: 1) { row in
      for y in 0..<height {
        copyRow(y, to: row.baseAddress!)
        hasher.update(UnsafeRawBufferPointer(row))
      }
    }
    return hasher.finalize()
  }
}
