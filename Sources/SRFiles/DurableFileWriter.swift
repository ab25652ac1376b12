import Foundation

/// Writes a new file. When ``finish()`` returns, the file is on the disk, not only in the page cache.
///
/// A file that is not finished, because writing fails or the writer is dropped, leaves nothing behind.
package final class DurableFileWriter {
  /// Where the file lies when it is finished.
  package let path: String
  private let file: OpenFile
  private let takesPlace: Bool
  private let hasher = SHA256()
  private var byteCount = 0
  private var isPublished = false

  /// Creates the file at `path`, where nothing may exist. This is for files in a directory that is itself renamed and flushed
  /// when it is complete. Throws ``FileError``.
  package init(creating path: String) throws {
    self.path = path
    takesPlace = false
    file = try OpenFile(path, O_WRONLY | O_CREAT | O_EXCL, for: .create)
  }

  /// Writes under a temporary name beside `path`. The finished file takes the place of `path` in one move: a reader sees the
  /// old file or the new one, never a part. Throws ``FileError``.
  package init(replacing path: String) throws {
    self.path = path
    takesPlace = true
    // The name has the process in it, so that two programs that write the same file do not disturb each other.
    file = try OpenFile("\(path).tmp-\(getpid())", O_WRONLY | O_CREAT | O_TRUNC, for: .create)
  }

  /// Writes the whole file at `path` in one call; see ``init(replacing:)``. Throws ``FileError``.
  package static func replace(_ path: String, with bytes: some Sequence<UInt8>) throws {
    let writer = try DurableFileWriter(replacing: path)
    try writer.write(bytes)
    try writer.finish()
  }

  deinit {
    if !isPublished { unlink(file.path) }
  }

  /// Appends all of `bytes`. Throws ``FileError``.
  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    hasher.update(bytes)
    byteCount += bytes.count
    try file.write(bytes)
  }

  /// Appends all of `bytes`. Throws ``FileError``.
  package func write(_ bytes: some Sequence<UInt8>) throws {
    try Array(bytes).withUnsafeBytes { try write($0) }
  }

  /// Flushes and closes the file, puts it in its place, and flushes that too. Throws ``FileError``.
  @discardableResult
  package func finish() throws -> FileDigest {
    try file.flush()
    try file.close()
    if takesPlace { try DirectoryCalls.rename(file.path, to: path) }
    isPublished = true
    if takesPlace { try DirectoryCalls.flush(DirectoryCalls.parent(of: path)) }
    return FileDigest(bytes: byteCount, sha256: hasher.finalize())
  }
}
