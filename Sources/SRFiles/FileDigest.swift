import Crypto

/// Size and SHA-256 of a file's content.
package struct FileDigest: Codable, Equatable, Sendable {
  package let bytes: Int
  /// Lower-case hexadecimal, as `sha256sum` prints it.
  package let sha256: String

  package init(bytes: Int, sha256: String) {
    self.bytes = bytes
    self.sha256 = sha256
  }

  /// Reads the file at `path` through. Throws ``FileError``.
  package init(ofFile path: String) throws {
    let file = try MappedFile(path: path)
    var hasher = SHA256()
    file.withBytes { hasher.update(bufferPointer: $0) }
    self.init(bytes: file.count, sha256: hasher.finalize().hexadecimal)
  }
}

extension SHA256.Digest {
  /// The digest as lower-case hexadecimal digits.
  package var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
