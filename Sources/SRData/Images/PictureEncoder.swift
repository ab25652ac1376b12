import CImageShim

/// Writes a PNG or a JPEG row by row, so that the picture is never whole in memory.
package final class PictureEncoder {
  private let path: String
  private let file: PictureFile.Format
  private let sink: Sink
  private var encoder: OpaquePointer?
  /// Whether the file has the profile. libpng refuses some, such as one of RGB in a grey picture.
  package let hasProfile: Bool

  /// Where the encoded bytes go. C calls it, and cannot throw.
  private final class Sink {
    let take: (UnsafeRawBufferPointer) throws -> Void
    var failure: (any Error)?
    /// libpng hands over a few bytes at a time.
    var pending: [UInt8] = []

    init(_ take: @escaping (UnsafeRawBufferPointer) throws -> Void) { self.take = take }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
      pending.append(contentsOf: bytes)
      if pending.count >= PictureEncoder.pieceBytes { try flush() }
    }

    func flush() throws {
      try pending.withUnsafeBytes { try take($0) }
      pending.removeAll(keepingCapacity: true)
    }
  }

  private static let pieceBytes = 1 << 18

  /// The quality of a JPEG by which hardly any difference can be seen.
  package static let standardQuality = 95

  /// - Parameters:
  ///   - format: a JPEG takes one or three channels of 8 bits.
  ///   - quality: of a JPEG, 1...100. Its colours have the full resolution.
  ///   - path: for an error's text.
  ///   - sink: takes the encoded bytes.
  /// - Throws: ``ImageFileError`` for a size that the format cannot hold; what `sink` throws.
  package init(
    _ file: PictureFile.Format, _ format: SampleFormat, width: Int, height: Int,
    quality: Int = standardQuality, attachments: PictureAttachments = PictureAttachments(), path: String,
    sink: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    precondition(format.sample != .float32, "no picture file has samples of float32")
    precondition(
      file == .png || (format.sample == .uint8 && !format.hasAlpha), "a JPEG cannot hold \(format)")
    self.path = path
    self.file = file
    self.sink = Sink(sink)
    var encoding = srdist_encoding()
    encoding.width = width
    encoding.height = height
    encoding.channels = format.channels
    encoding.sample_bytes = format.sample.bytes
    encoding.quality = Int32(quality)
    if let density = file == .png ? attachments.density?.perMetre : attachments.density?.forJPEG {
      encoding.density_unit = [.none: 0, .inch: 1, .metre: 1, .centimetre: 2][density.unit]!
      encoding.density_x = UInt32(density.x)
      encoding.density_y = UInt32(density.y)
    }
    let context = Unmanaged.passUnretained(self.sink).toOpaque()
    var made: OpaquePointer?
    let problem = ShimMessage.of { message in
      attachments.profile.withUnsafeBufferPointer { profile in
        attachments.colorChunks.withUnsafeBufferPointer { chunks in
          if !profile.isEmpty {
            (encoding.profile, encoding.profile_count) = (profile.baseAddress, profile.count)
          }
          (encoding.chunks, encoding.chunks_count) = (chunks.baseAddress, chunks.count)
          made =
            file == .png
            ? srdist_png_encoder(&encoding, Self.takeBytes, context, message)
            : srdist_jpeg_encoder(&encoding, Self.takeBytes, context, message)
          return made == nil ? -1 : 0
        }
      }
    }
    encoder = made
    hasProfile = made.map { srdist_encoder_has_profile($0) != 0 } ?? false
    if let problem { throw self.sink.failure ?? Self.error(path, file, problem) }
  }

  deinit { srdist_encoder_free(encoder) }

  /// Appends a row of pixels.
  package func append(_ row: UnsafeRawPointer) throws {
    try check { srdist_encoder_write_row(encoder, row, $0) }
  }

  /// Writes the end. Precondition: every row was appended.
  package func finish() throws {
    try check { srdist_encoder_finish(encoder, $0) }
    try sink.flush()
  }

  private func check(_ call: (UnsafeMutablePointer<CChar>) -> Int32) throws {
    if let problem = ShimMessage.of(call) { throw sink.failure ?? Self.error(path, file, problem) }
  }

  private static func error(_ path: String, _ file: PictureFile.Format, _ problem: String) -> ImageFileError {
    ImageFileError(path: path, problem: "cannot be encoded as \(file.rawValue): \(problem)")
  }

  private static let takeBytes: srdist_image_sink = { context, bytes, count in
    let sink = Unmanaged<Sink>.fromOpaque(context!).takeUnretainedValue()
    do {
      try sink.append(UnsafeRawBufferPointer(start: bytes, count: count))
      return 0
    } catch {
      sink.failure = error
      return -1
    }
  }
}
