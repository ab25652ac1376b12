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
  package static func read(_ path: String) throws -> RGBImage { try open(BytePath(path)).image }

  /// Decodes a PNG or JPEG file; see ``read(_:)``.
  package static func open(_ path: BytePath) throws -> DecodedPicture {
    let file = try MappedFile(path: path)
    return try file.withBytes { try decode($0, path: file.path) }
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
    guard let format = Format(bytes) else {
      throw ImageFileError(
        path: path,
        problem: bytes.isEmpty
          ? "the file is empty" : "neither a PNG nor a JPEG file, going by its first bytes")
    }
    var image = srdist_image()
    var message = [CChar](repeating: 0, count: Int(SRDIST_IMAGE_MESSAGE_SIZE))
    let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let status =
      switch format {
      case .png: srdist_png_decode(start, bytes.count, &image, &message)
      case .jpeg: srdist_jpeg_decode(start, bytes.count, &image, &message)
      }
    guard status == 0 else {
      throw ImageFileError(path: path, problem: "damaged \(format.rawValue): \(text(message))")
    }
    return DecodedPicture(image, format == .png ? PictureNotes(png: bytes) : PictureNotes(jpeg: bytes))
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
    var message = [CChar](repeating: 0, count: Int(SRDIST_IMAGE_MESSAGE_SIZE))
    let status = srdist_png_encode(image.pixels, image.width, image.height, &bytes, &count, &message)
    guard status == 0 else {
      throw ImageFileError(path: path, problem: "cannot be encoded as PNG: \(text(message))")
    }
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

  private static func text(_ message: [CChar]) -> String {
    String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// A picture that cannot be decoded or encoded.
package struct ImageFileError: Error, CustomStringConvertible, Sendable, Equatable {
  package let path: String
  /// What is wrong, in the codec library's own words.
  package let problem: String

  package var description: String { "\(path): \(problem)" }
}
