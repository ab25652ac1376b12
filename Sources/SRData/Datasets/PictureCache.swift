import SRFiles

/// Where the decoded pictures of training folders lie in a file, and the text with which that file begins.
///
/// The text tells everything that decides the pixels: sizes, how low-resolution pictures come about, and the contents of the files
/// that they are decoded from. Then comes SHA-256 of each pair's pixels. The pixels follow in the layout's format, rows from the top:
/// of each pair the low-resolution picture, and then the original.
package struct PictureLayout: Sendable, Equatable {
  /// The originals' sizes, cropped to a multiple of the scale.
  package let highRes: [PictureSize]
  package let scale: Int
  package let format: PairFormat
  /// What decoding changes, for a person to read.
  package let remarks: [String]
  /// The file's beginning, a whole number of pages.
  let header: [UInt8]
  /// By pair: where its pixels begin.
  private let offsets: [Int]
  /// Of the whole file.
  package let byteCount: Int
  /// Names the file: the digest of the text.
  package let fileName: String

  private static let (namePrefix, nameSuffix) = ("pictures-", ".cache")
  /// Whether a cache may have this name.
  package static func isFileName(_ name: String) -> Bool {
    name.hasPrefix(namePrefix) && name.hasSuffix(nameSuffix)
  }

  private static let pageBytes = 4096

  /// - Parameters:
  ///   - remarks: what decoding changes.
  ///   - source: how low-resolution pictures come about.
  ///   - sha256: of each pair's files.
  init(
    highRes: [PictureSize], scale: Int, _ format: PairFormat = .rgb8, remarks: [String] = [], source: String,
    sha256: [String]
  ) {
    let hasher = SHA256()
    for (size, digest) in zip(highRes, sha256) { hasher.update("\(size) \(digest)\n") }
    let text = """
      srdist's decoded pictures, format 1: \(format.isRGB8 ? "uint8 RGB" : format.text), rows from the top
      pairs: \(highRes.count), scale \(scale), low-resolution pictures \(source)
      files: SHA-256 \(hasher.finalize())

      """
    let name = SHA256()
    name.update(text)
    func pages(_ count: Int) -> Int { (count + Self.pageBytes - 1) / Self.pageBytes * Self.pageBytes }
    let header = Array(text.utf8)
    self.header = header + Array(repeating: UInt8(ascii: "\n"), count: pages(header.count) - header.count)
    self.highRes = highRes
    self.scale = scale
    self.format = format
    self.remarks = remarks
    fileName = "\(Self.namePrefix)\(name.finalize().prefix(16))\(Self.nameSuffix)"
    var end = pages(self.header.count + highRes.count * SHA256.byteCount)
    offsets = highRes.map { size in
      defer { end += (Self.bytes(size, scale, format) + 63) / 64 * 64 }
      return end
    }
    byteCount = end
  }

  package var count: Int { highRes.count }
  package func lowRes(_ index: Int) -> PictureSize {
    PictureSize(width: highRes[index].width / scale, height: highRes[index].height / scale)
  }

  /// Where the digests lie.
  var digests: Range<Int> { header.count..<header.count + count * SHA256.byteCount }
  /// Where a pair's pixels lie.
  func pixels(_ index: Int) -> Range<Int> {
    offsets[index]..<offsets[index] + Self.bytes(highRes[index], scale, format)
  }
  /// The bytes of a pair's low-resolution picture, which come first.
  func lowResBytes(_ index: Int) -> Int { lowRes(index).pixels * format.lowRes.bytesPerPixel }

  private static func bytes(_ highRes: PictureSize, _ scale: Int, _ format: PairFormat) -> Int {
    highRes.pixels * format.highRes.bytesPerPixel
      + highRes.pixels / (scale * scale) * format.lowRes.bytesPerPixel
  }
}

/// The decoded pictures of training folders, in a mapped file or in memory.
///
/// The file may be damaged, cut, or made by another program: its readers compare its text, its size and the digests before they use
/// it. Ranks of one host that map it share its pages.
package final class PictureCache: Sendable {
  package let layout: PictureLayout
  private let storage: Storage

  private enum Storage: Sendable {
    case mapped(MappedFile)
    /// From the first pair's place on.
    case memory([UInt8])
  }

  /// Maps the file of a layout in a folder; nil if there is none, or if it begins otherwise or has another size. Nothing is said of
  /// its pixels. Throws ``FileError``.
  package init?(in folder: String, _ layout: PictureLayout) throws {
    let path = "\(folder)/\(layout.fileName)"
    guard try PathKind.of(path) != nil else { return nil }
    let file = try MappedFile(path: path)
    guard file.count == layout.byteCount, file.withBytes({ $0.starts(with: layout.header) }) else {
      return nil
    }
    self.layout = layout
    storage = .mapped(file)
  }

  /// - Parameter pixels: of all pairs, as ``FolderDecoder`` gives them, from the first pair's place on.
  init(_ layout: PictureLayout, pixels: [UInt8]) {
    self.layout = layout
    storage = .memory(pixels)
  }

  /// Nil for pictures in memory.
  package var file: MappedFile? {
    if case .mapped(let file) = storage { file } else { nil }
  }

  /// Calls `body` with a pair's pixels: the low-resolution picture, and then the original.
  private func withPixels<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let place = layout.pixels(index)
    switch storage {
    case .mapped(let file):
      return file.withBytes { body(UnsafeRawBufferPointer(rebasing: $0[place])) }
    case .memory(let pixels):
      let first = layout.pixels(0).lowerBound
      return pixels.withUnsafeBytes {
        body(UnsafeRawBufferPointer(rebasing: $0[place.lowerBound - first..<place.upperBound - first]))
      }
    }
  }

  /// Calls `body` with the pixels of a pair's two pictures.
  func withPair<Result>(
    at index: Int, _ body: (_ lowRes: UnsafePointer<UInt8>, _ highRes: UnsafePointer<UInt8>) -> Result
  ) -> Result {
    withPixels(index) { pixels in
      let bytes = pixels.assumingMemoryBound(to: UInt8.self).baseAddress!
      return body(bytes, bytes + layout.lowResBytes(index))
    }
  }

  /// SHA-256 of a pair's pixels as the file records it.
  package func recordedDigest(_ index: Int) -> [UInt8] {
    guard let file else { return digest(index) }
    let start = layout.digests.lowerBound + index * SHA256.byteCount
    return file.withBytes { Array($0[start..<start + SHA256.byteCount]) }
  }

  /// SHA-256 of a pair's pixels as they are.
  package func digest(_ index: Int) -> [UInt8] {
    withPixels(index) { pixels in
      let hasher = SHA256()
      hasher.update(pixels)
      return hasher.finalizeBytes()
    }
  }

  /// Whether a pair's pixels are those that were decoded.
  package func isSound(_ index: Int) -> Bool { digest(index) == recordedDigest(index) }
}

/// Makes a ``PictureCache``'s file, together with the other ranks of a host.
package struct PictureCacheWriter: Sendable {
  private let layout: PictureLayout
  private let file: JointFileWriter

  /// Creates the file under a temporary name. Throws ``FileError``, such as for a full disk.
  package init(making layout: PictureLayout, in folder: String) throws {
    self.layout = layout
    file = try JointFileWriter(making: "\(folder)/\(layout.fileName)", bytes: layout.byteCount)
  }

  /// Opens the file that another rank is making.
  package init(joining temporaryPath: String, _ layout: PictureLayout) throws {
    self.layout = layout
    file = try JointFileWriter(joining: temporaryPath)
  }

  package var temporaryPath: String { file.temporaryPath }

  func write(_ pair: FolderDecoder.Pair, at index: Int) throws {
    let place = layout.pixels(index)
    try pair.lowRes.bytes.withUnsafeBytes { try file.write(at: place.lowerBound, $0) }
    try pair.highRes.bytes.withUnsafeBytes {
      try file.write(at: place.lowerBound + layout.lowResBytes(index), $0)
    }
  }

  /// Writes the text and the digests of all pairs, and gives the file its name.
  package func publish(_ digests: [[UInt8]]) throws {
    try layout.header.withUnsafeBytes { try file.write(at: 0, $0) }
    try digests.flatMap { $0 }.withUnsafeBytes { try file.write(at: layout.digests.lowerBound, $0) }
    try file.publish()
  }
}
