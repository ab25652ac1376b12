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
    let file = try MappedFile(path: path)
    let header = try file.withBytes { bytes throws(ImageFileError) in try Header(bytes, path: file.path) }
    let (width, height) = header.uprightSize
    let (sum, overflow) = header.decodingBytes.addingReportingOverflow(use(width, height))
    let needed = overflow ? .max : sum
    guard needed <= budget.bytes else {
      throw ImageFileError(
        path: file.path,
        problem:
          "\(width) x \(height) pixels take \(ByteCount(needed)) of memory, and all pictures that are read at the "
          + "same time may take \(ByteCount(budget.bytes)); give --memory \(ByteCount(needed)) or more")
    }
    return try budget.withBytes(needed) {
      try body(file.withBytes { bytes throws(ImageFileError) in try decode(bytes, header, path: file.path) })
    }
  }

  /// The size of the upright picture in a PNG or JPEG file. The pixels are not decoded.
  /// - Throws: ``ImageFileError`` for a damaged or another file.
  package static func size(of file: MappedFile) throws -> (width: Int, height: Int) {
    try file.withBytes { bytes throws(ImageFileError) in try Header(bytes, path: file.path) }.uprightSize
  }

  /// Whether a file that begins so is a PNG or a JPEG file, sound or not. ``markBytes`` bytes are enough to tell.
  package static func isPicture(_ beginning: [UInt8]) -> Bool {
    beginning.withUnsafeBytes { Format($0) != nil }
  }

  /// The bytes that tell a file's format.
  package static let markBytes = 8

  /// Decodes the bytes of a PNG or JPEG file. `path` is for the error's text.
  package static func decode(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws(ImageFileError) -> DecodedPicture {
    try decode(bytes, Header(bytes, path: path), path: path)
  }

  private static func decode(
    _ bytes: UnsafeRawBufferPointer, _ header: Header, path: String
  ) throws(ImageFileError) -> DecodedPicture {
    var facts = header.facts
    let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let pixels = UnsafeMutablePointer<UInt8>.allocate(capacity: header.pixelBytes)
    let problem = message { message in
      switch header.format {
      case .png: srdist_png_decode(start, bytes.count, &facts, pixels, message)
      case .jpeg: srdist_jpeg_decode(start, bytes.count, &facts, pixels, message)
      }
    }
    if let problem {
      pixels.deallocate()
      throw ImageFileError(path: path, problem: "damaged \(header.format.rawValue): \(problem)")
    }
    let first = withUnsafeBytes(of: &facts.warning) { text($0) }
    return DecodedPicture(
      owning: pixels, width: facts.width, height: facts.height, header.notes,
      warnings: facts.warnings > 0 ? .init(count: facts.warnings, first: first) : nil)
  }

  /// Writes an 8-bit RGB PNG. It replaces the file at `path` only when it is complete.
  /// - Throws: ``FileError``, or ``ImageFileError`` for a size that PNG cannot hold.
  package static func writePNG(_ image: RGBImage, to path: String) throws {
    try DurableFileWriter.replace(path, with: encodePNG(image, path: path))
  }

  /// The bytes of an 8-bit RGB PNG. `path` is for the error's text.
  package static func encodePNG(_ image: RGBImage, path: String) throws(ImageFileError) -> [UInt8] {
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    let problem = message { srdist_png_encode(image.pixels, image.width, image.height, &bytes, &count, $0) }
    if let problem { throw ImageFileError(path: path, problem: "cannot be encoded as PNG: \(problem)") }
    defer { srdist_image_free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }

  private enum Format: String {
    case png = "PNG"
    case jpeg = "JPEG"

    init?(_ bytes: UnsafeRawBufferPointer) {
      if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
        self = .png
      } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
        self = .jpeg
      } else {
        return nil
      }
    }
  }

  /// What the beginning of a file says about its picture.
  private struct Header {
    let format: Format
    let facts: srdist_image
    let notes: PictureNotes

    /// - Throws: ``ImageFileError`` if the file is damaged or of another kind, or if the picture is larger than any camera's.
    init(_ bytes: UnsafeRawBufferPointer, path: String) throws(ImageFileError) {
      guard let format = Format(bytes) else {
        let kind = FileKind(bytes).map { ": it looks like \($0)" } ?? ""
        throw ImageFileError(
          path: path,
          problem: bytes.isEmpty
            ? "the file is empty" : "neither a PNG nor a JPEG file, going by its first bytes\(kind)")
      }
      var facts = srdist_image()
      let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
      let problem = message { message in
        switch format {
        case .png: srdist_png_measure(start, bytes.count, &facts, message)
        case .jpeg: srdist_jpeg_measure(start, bytes.count, &facts, message)
        }
      }
      if let problem { throw ImageFileError(path: path, problem: "damaged \(format.rawValue): \(problem)") }
      self.format = format
      self.facts = facts
      notes = format == .png ? PictureNotes(png: bytes) : PictureNotes(jpeg: bytes)
    }

    var pixelBytes: Int { facts.width * facts.height * 3 }
    var uprightSize: (width: Int, height: Int) {
      notes.orientation.swapsSides ? (facts.height, facts.width) : (facts.width, facts.height)
    }
    /// The pixels, the decoder's own memory and, for a picture that is turned, its copy.
    var decodingBytes: Int {
      pixelBytes + facts.working_bytes + (notes.orientation == .topLeft ? 0 : pixelBytes)
    }
  }

  /// Calls a function of the shim. If it fails, returns its message.
  private static func message(_ call: (UnsafeMutablePointer<CChar>) -> Int32) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(SRDIST_IMAGE_MESSAGE_SIZE)) { message in
      guard call(message.baseAddress!) != 0 else { return nil }
      return text(UnsafeRawBufferPointer(message))
    }
  }

  /// The text before the first zero byte.
  private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}

/// A picture that cannot be decoded or encoded.
package struct ImageFileError: Error, CustomStringConvertible, Sendable, Equatable {
  package let path: String
  /// What is wrong, in the codec library's own words.
  package let problem: String

  package var description: String { "\(path): \(problem)" }
}
