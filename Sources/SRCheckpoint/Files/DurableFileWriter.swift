import Crypto
import Foundation

/// A new file that is on the disk, not only in the page cache, when ``finish()`` returns.
final class DurableFileWriter {
  let path: String
  private var descriptor: Int32
  private var hasher = SHA256()
  private var bytesWritten = 0

  /// Creates the file at `path`, which must not exist. Throws ``FileSystemError``.
  init(creating path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileSystemError(.create, path, code: errno) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Appends all of `bytes`. Throws ``FileSystemError``.
  func write(_ bytes: UnsafeRawBufferPointer) throws {
    hasher.update(bufferPointer: bytes)
    var rest = bytes
    while !rest.isEmpty {
      let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw FileSystemError(.write, path, code: errno)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
      bytesWritten += count
    }
  }

  func write(_ bytes: some Sequence<UInt8>) throws {
    try Array(bytes).withUnsafeBytes { try write($0) }
  }

  /// Flushes and closes the file. Throws ``FileSystemError``: some file systems report a full disk only here.
  func finish() throws -> FileDigest {
    guard fsync(descriptor) == 0 else { throw FileSystemError(.flush, path, code: errno) }
    let status = close(descriptor)
    let code = errno
    descriptor = -1
    guard status == 0 else { throw FileSystemError(.write, path, code: code) }
    return FileDigest(bytes: bytesWritten, sha256: hasher.finalize().hexadecimal)
  }
}
