/// The size and SHA-256 of a file's content.
package struct FileDigest: Codable, Equatable, Sendable {
  package let bytes: Int
  /// Lower-case hexadecimal, as `sha256sum` prints it.
  package let sha256: String

  package init(bytes: Int, sha256: String) {
    self.bytes = bytes
    self.sha256 = sha256
  }

  /// Reads the whole file at `path`, and calls `progress` every few megabytes. Throws ``FileError``.
  package init(ofFile path: String, progress: () -> Void = {}) throws {
    let file = try MappedFile(path: path)
    let hasher = SHA256()
    file.withBytes { bytes in
      for start in stride(from: 0, to: bytes.count, by: Self.pieceBytes) {
        let end = min(start + Self.pieceBytes, bytes.count)
        hasher.update(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        progress()
      }
    }
    self.init(bytes: file.count, sha256: hasher.finalize())
  }

  /// Bytes between two calls of `progress`. A slow disk reads this much in a few seconds.
  private static let pieceBytes = 16 << 20
}
