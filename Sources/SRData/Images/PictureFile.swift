import CImageShim
import SRFiles

/// A PNG or JPEG file whose header is read, and whose pixels are not.
package final class PictureFile {
  package enum Format: String, Sendable, Codable {
    case png = "PNG"
    case jpeg = "JPEG"

    /// The format of a file that begins so. ``ImageFile/markBytes`` bytes are enough to tell.
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

  private let file: MappedFile
  private let header: PictureHeader

  /// Reads the header.
  ///
  /// - Throws: ``ImageFileError`` if the file is damaged or of another kind, or if the picture is larger than any camera's;
  ///   ``FileError`` if the file cannot be read.
  package convenience init(_ path: BytePath) throws { try self.init(MappedFile(path: path)) }

  init(_ file: MappedFile) throws {
    self.file = file
    header = try file.withBytes { bytes throws(ImageFileError) in try PictureHeader(bytes, path: file.path) }
  }

  package var path: String { file.path }
  package var format: Format { header.format }
  /// Of the upright picture.
  package var size: (width: Int, height: Int) { header.uprightSize }
  /// What the file holds. A palette counts as RGB, CMYK too, and tRNS as alpha.
  package var stored: SampleFormat { header.stored }
  /// What decoding to upright 8-bit RGB changes.
  package var conversions: Set<PictureConversion> { header.notes.conversions }

  /// The pixels and the decoder's own memory, in bytes.
  ///
  /// - Parameter format: 8-bit RGB, or ``stored``.
  package func decodingBytes(as format: SampleFormat) -> Int { header.decodingBytes(as: format) }

  /// Decodes the picture.
  ///
  /// - Parameter format: 8-bit RGB (see ``ImageFile/read(_:)``), or ``stored``.
  /// - Throws: ``ImageFileError`` if the file is damaged.
  package func decode(as format: SampleFormat) throws -> DecodedPicture {
    try file.withBytes { bytes throws(ImageFileError) in
      try ImageFile.decode(bytes, header, as: format, path: path)
    }
  }

  /// What a program that changes the pixels should keep. A PNG's ICC profile is inflated here, up to a limit.
  package func attachments() -> PictureAttachments { file.withBytes { header.attachments($0) } }
}

/// What the beginning of a file says about its picture.
struct PictureHeader {
  let format: PictureFile.Format
  let facts: srdist_image
  let notes: PictureNotes

  /// - Throws: ``ImageFileError`` if the file is damaged or of another kind, or if the picture is larger than any camera's.
  init(_ bytes: UnsafeRawBufferPointer, path: String) throws(ImageFileError) {
    guard let format = PictureFile.Format(bytes) else {
      let kind = FileKind(bytes).map { ": it looks like \($0)" } ?? ""
      throw ImageFileError(
        path: path,
        problem: bytes.isEmpty
          ? "the file is empty" : "neither a PNG nor a JPEG file, going by its first bytes\(kind)")
    }
    var facts = srdist_image()
    let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let problem = ShimMessage.of { message in
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

  var stored: SampleFormat {
    SampleFormat(channels: facts.channels, facts.sample_bytes == 2 ? .uint16 : .uint8)
  }

  var uprightSize: (width: Int, height: Int) {
    notes.orientation.swapsSides ? (facts.height, facts.width) : (facts.width, facts.height)
  }

  func pixelBytes(as format: SampleFormat) -> Int { facts.width * facts.height * format.bytesPerPixel }

  func decodingBytes(as format: SampleFormat) -> Int { pixelBytes(as: format) + facts.working_bytes }

  func attachments(_ bytes: UnsafeRawBufferPointer) -> PictureAttachments {
    var attachments = PictureAttachments()
    attachments.density = notes.orientation.swapsSides ? notes.density?.turned : notes.density
    attachments.colorChunks = notes.colorChunks
    switch format {
    case .jpeg:
      attachments.profile = notes.profile(bytes)
      if notes.hasProfile, attachments.profile.isEmpty {
        attachments.profileFault = "parts of it are missing"
      }
    case .png where notes.hasProfile:
      var (profile, count): (UnsafeMutablePointer<UInt8>?, Int) = (nil, 0)
      let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(SRDIST_IMAGE_MESSAGE_SIZE)) { message in
        _ = srdist_png_profile(start, bytes.count, &profile, &count, message.baseAddress!)
        if profile == nil { attachments.profileFault = ShimMessage.text(UnsafeRawBufferPointer(message)) }
      }
      attachments.profile = Array(UnsafeBufferPointer(start: profile, count: count))
      srdist_image_free(profile)
    case .png: break
    }
    // A profile of CMYK describes none of the colours that are left.
    if notes.conversions.contains(.cmyk) { attachments.profile = [] }
    return attachments
  }
}

/// The shim's messages.
enum ShimMessage {
  /// Calls a function of the shim. If it fails, returns its message.
  static func of(_ call: (UnsafeMutablePointer<CChar>) -> Int32) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(SRDIST_IMAGE_MESSAGE_SIZE)) { message in
      guard call(message.baseAddress!) != 0 else { return nil }
      return text(UnsafeRawBufferPointer(message))
    }
  }

  /// The text before the first zero byte.
  static func text(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
