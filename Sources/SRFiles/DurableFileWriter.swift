import Foundation

/// A new file that is on the disk, not only in the page cache, when ``finish()`` returns. One that is not finished,
/// because writing fails or the writer is dropped, leaves nothing behind.
package final class DurableFileWriter {
  /// Where the file is when it is finished.
  package let path: String
  private let file: OpenFile
  private let takesPlace: Bool
  private let hasher = SHA256()
  private var byteCount = 0
  private var isPublished = false

  /// Creates the file at `path`, which must not exist: for files of a directory that is itself renamed and flushed when
  /// it is complete. Throws ``FileError``.
  package init(creating path: String) throws {
    self.path = path
    takesPlace = false
    file = try OpenFile(path, O_WRONLY | O_CREAT | O_EXCL, for: .create)
  }

  /// Writes under a temporary name beside `path`, and takes its place in one move when the file is finished: a reader
  /// sees the old file or the new one, never a part. Throws ``FileError``.
  package init(replacing path: String) throws {
    self.path = path
    takesPlace = true
    // The process in the name: two programs that write one file do not write into each other's.
    file = try OpenFile("\(path).tmp-\(getpid())", O_WRONLY | O_CREAT | O_TRUNC, for: .create)
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

  /// Flushes and closes the file, and puts it in its place; then that is on the disk too. Throws ``FileError``.
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
