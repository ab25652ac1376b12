import Foundation

/// A file's descriptor, closed with the last reference at the latest. Its calls go on where a signal interrupts them, and
/// throw ``FileError``.
package final class OpenFile {
  package let path: String
  private var descriptor: Int32

  /// Calls `open`; children do not inherit the descriptor.
  ///
  /// - Parameters:
  ///   - flags: such as `O_WRONLY | O_CREAT`.
  ///   - operation: what an error says was tried.
  package init(_ path: String, _ flags: Int32, for operation: FileError.Operation = .open) throws {
    self.path = path
    descriptor = open(path, flags | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(operation, path, code: errno) }
  }

  deinit {
    if descriptor >= 0 { _ = Foundation.close(descriptor) }
  }

  /// Size in bytes and kind of the file.
  func status() throws -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError(.read, path, code: errno) }
    return status
  }

  /// Maps the first `count` bytes, more than none, read-only into memory.
  func map(count: Int) throws -> UnsafeRawBufferPointer {
    guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
      throw FileError(.map, path, code: errno)
    }
    return UnsafeRawBufferPointer(start: base, count: count)
  }

  /// Writes all of `bytes`, however many the system takes at a time.
  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError(.write, path, code: errno)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
    }
  }

  /// Waits until what was written is on the disk.
  package func flush() throws {
    guard fsync(descriptor) == 0 else { throw FileError(.flush, path, code: errno) }
  }

  /// Closes the file now, to learn of an error: some file systems report a full disk only here.
  func close() throws {
    let status = Foundation.close(descriptor)
    let code = errno
    descriptor = -1
    guard status == 0 else { throw FileError(.close, path, code: code) }
  }
}
