import CImageShim
import SRFiles

/// Reads PNG and JPEG files, writes PNG files.
package enum ImageFile {
  /// Decodes a PNG or JPEG file. The result equals that of Pillow's `ImageOps.exif_transpose(Image.open(path)).convert("RGB")`,
  /// except for greys of 16 bits.
  ///
  /// The file's first bytes tell the format. Grey is repeated, palettes are looked up, and alpha is dropped (not blended). 16
  /// bits keep their high byte, in grey too, which Pillow would clip at 255. CMYK is read as Adobe's. The picture is turned
  /// upright.
  /// - Throws: ``ImageFileError`` for a damaged file, ``FileError`` for one that cannot be read.
  package static func read(_ path: String) throws -> RGBImage {
    try MappedFile(path: path).withBytes { try decode($0, path: path).image }
  }

  /// Decodes a file as ``read(_:)`` does, and lends the picture. The memory that this takes counts against a budget until
  /// `body` returns.
  ///
  /// - Parameters:
  ///   - budget: shared by the threads that decode. If too little is left of it, this waits.
  ///   - use: the bytes that `body` allocates for an upright picture of some width and height.
  /// - Throws: ``ImageFileError`` for a damaged file, or for one that needs more than the whole budget; ``FileError`` for one
  ///   that cannot be read; and what `body` throws.
  package static func withPicture<Result>(
    at path: BytePath, within budget: PixelBudget, use: (_ width: Int, _ height: Int) -> Int,
    _ body: (DecodedPicture) throws -> Result
  ) throws -> Result {
    let file = try PictureFile(path)
    let (width, height) = file.size
    // A picture that is turned is copied.
    let copy = file.conversions.contains(.turned) ? 3 * width * height : 0
    return try withBytes(
      file.decodingBytes(as: .rgb8) + copy, and: use(width, height), for: file.path,
      PictureSize(width: width, height: height), within: budget
    ) { try body(file.decode(as: .rgb8)) }
  }

  /// Calls `body` when its memory is free. Throws ``ImageFileError`` for a picture that needs more than the whole budget.
  static func withBytes<Result>(
    _ decoding: Int, and use: Int, for path: String, _ size: PictureSize, within budget: PixelBudget,
    _ body: () throws -> Result
  ) throws -> Result {
    let (sum, overflow) = decoding.addingReportingOverflow(use)
    let needed = overflow ? .max : sum
    guard needed <= budget.bytes else {
      throw ImageFileError(
        path: path,
        problem:
          "\(size) pixels take \(ByteCount(needed)) of memory, and all pictures that are read at the same time may take "
          + "\(ByteCount(budget.bytes)); give --memory \(ByteCount(needed)) or more")
    }
    return try budget.withBytes(needed, body)
  }

  /// The size of the upright picture in a PNG or JPEG file. The pixels are not decoded.
  /// - Throws: ``ImageFileError`` for a damaged or another file.
  package static func size(of file: MappedFile) throws -> (width: Int, height: Int) {
    try file.withBytes { bytes throws(ImageFileError) in try PictureHeader(bytes, path: file.path) }
      .uprightSize
  }

  /// Whether a file that begins so is a PNG or a JPEG file, sound or not. ``markBytes`` bytes are enough to tell.
  package static func isPicture(_ beginning: [UInt8]) -> Bool {
    beginning.withUnsafeBytes { PictureFile.Format($0) != nil }
  }

  /// The bytes that tell a file's format.
  package static let markBytes = 8

  /// Decodes the bytes of a PNG or JPEG file to 8-bit RGB. `path` is for the error's text.
  package static func decode(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws(ImageFileError) -> DecodedPicture {
    try decode(bytes, PictureHeader(bytes, path: path), as: .rgb8, path: path)
  }

  /// - Parameter format: 8-bit RGB, or the header's ``PictureHeader/stored``.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, _ header: PictureHeader, as format: SampleFormat, path: String
  ) throws(ImageFileError) -> DecodedPicture {
    precondition(format == .rgb8 || format == header.stored, "a picture cannot be decoded as \(format)")
    var facts = header.facts
    let samples = format == .rgb8 ? SRDIST_RGB8 : SRDIST_AS_STORED
    let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    // Aligned for samples of 16 bits.
    let memory = UnsafeMutableRawPointer.allocate(byteCount: header.pixelBytes(as: format), alignment: 64)
    let problem = ShimMessage.of { message in
      switch header.format {
      case .png: srdist_png_decode(start, bytes.count, &facts, samples, memory, message)
      case .jpeg: srdist_jpeg_decode(start, bytes.count, &facts, samples, memory, message)
      }
    }
    if let problem {
      memory.deallocate()
      throw ImageFileError(path: path, problem: "damaged \(header.format.rawValue): \(problem)")
    }
    let first = withUnsafeBytes(of: &facts.warning) { ShimMessage.text($0) }
    return DecodedPicture(
      owning: memory.assumingMemoryBound(to: UInt8.self), format, width: facts.width, height: facts.height,
      isGrey: header.stored.colors == 1, header.notes,
      warnings: facts.warnings > 0 ? .init(count: facts.warnings, first: first) : nil)
  }

  /// Writes an 8-bit RGB PNG. It replaces the file at `path` only when it is complete.
  /// - Throws: ``FileError``, or ``ImageFileError`` for a size that PNG cannot hold.
  package static func writePNG(_ image: RGBImage, to path: String) throws {
    try DurableFileWriter.replace(path, with: encodePNG(image, path: path))
  }

  /// The bytes of an 8-bit RGB PNG. `path` is for the error's text.
  package static func encodePNG(_ image: RGBImage, path: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    let encoder = try PictureEncoder(
      .png, .rgb8, width: image.width, height: image.height, path: path,
      sink: { bytes.append(contentsOf: $0) })
    try image.pixels.withUnsafeBytes { pixels in
      for y in 0..<image.height { try encoder.append(pixels.baseAddress! + 3 * image.width * y) }
    }
    try encoder.finish()
    return bytes
  }
}

/// A picture that cannot be decoded or encoded.
package struct ImageFileError: Error, CustomStringConvertible, Sendable, Equatable {
  package let path: String
  /// What is wrong, in the codec library's own words.
  package let problem: String

  package var description: String { "\(path): \(problem)" }
}
