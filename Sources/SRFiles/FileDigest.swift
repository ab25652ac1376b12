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
    let hasher = SHA256()
    file.withBytes { hasher.update($0) }
    self.init(bytes: file.count, sha256: hasher.finalize())
  }
}
