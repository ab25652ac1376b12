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
  /// old file or the new one, never a part. What killed programs left of the same file goes. Throws ``FileError``.
  package init(replacing path: String) throws {
    self.path = path
    takesPlace = true
    Self.sweep(beside: path)
    file = try Self.temporary(beside: path)
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

  /// Flushes and closes the file, puts it in its place, and flushes that too.
  ///
  /// Throws ``FileError``. If its operation is ``FileError/Operation/settle``, the new file has its place.
  @discardableResult
  package func finish() throws -> FileDigest {
    try file.flush()
    // The lock outlives the close, so that nobody sweeps the file before it has its place.
    let lock = takesPlace ? try file.duplicate() : nil
    try file.close()
    if takesPlace { try withExtendedLifetime(lock) { try DirectoryCalls.rename(file.path, to: path) } }
    isPublished = true
    if takesPlace {
      try FileError.settling(path) { try DirectoryCalls.flush(DirectoryCalls.parent(of: path)) }
    }
    return FileDigest(bytes: byteCount, sha256: hasher.finalize())
  }

  /// A new file, locked while it is being written.
  static func temporary(beside path: String) throws -> OpenFile {
    while true {
      let file = try OpenFile(TemporaryName.random(path), O_WRONLY | O_CREAT | O_EXCL, for: .create)
      do {
        // A sweep may have come between the two calls.
        if file.lock() != EWOULDBLOCK, try file.status().st_nlink > 0 { return file }
        unlink(file.path)
      } catch {
        unlink(file.path)
        throw error
      }
    }
  }

  /// Removes the temporary files of `path` that no program is writing. What cannot be locked stays.
  static func sweep(beside path: String) {
    let (folder, name) = (DirectoryCalls.parent(of: path), DirectoryCalls.name(of: path))
    for found in (try? DirectoryCalls.names(in: folder)) ?? []
    where TemporaryName.original(of: found) == name {
      let file = try? OpenFile("\(folder)/\(found)", O_WRONLY | O_NOFOLLOW | O_NONBLOCK)
      if let file, file.lock() == 0 { unlink(file.path) }
    }
  }
}
