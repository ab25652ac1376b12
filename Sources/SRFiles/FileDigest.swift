import Foundation

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
  ///
  /// The file is read, not mapped: what the disk cannot read is an error, and not the end of the program.
  package init(ofFile path: String, progress: () -> Void = {}) throws {
    let file = try OpenFile(path, O_RDONLY)
    let hasher = SHA256()
    var count = 0
    try file.readPieces {
      hasher.update($0)
      count += $0.count
      progress()
    }
    self.init(bytes: count, sha256: hasher.finalize())
  }
}
