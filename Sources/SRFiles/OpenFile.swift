import Foundation

/// A file's descriptor. It is closed with the last reference at the latest.
///
/// If a signal interrupts a write, the write continues. All calls throw ``FileError``.
package final class OpenFile {
  package let path: String
  private var descriptor: Int32

  package convenience init(
    _ path: String, _ flags: Int32, for operation: FileError.Operation = .open
  ) throws {
    try self.init(BytePath(path), flags, for: operation)
  }

  /// Calls `open`. Child processes do not inherit the descriptor.
  ///
  /// - Parameters:
  ///   - flags: such as `O_WRONLY | O_CREAT`.
  ///   - operation: what was tried, for an error's text.
  package init(_ path: BytePath, _ flags: Int32, for operation: FileError.Operation = .open) throws {
    self.path = path.description
    descriptor = path.withCString { open($0, flags | O_CLOEXEC, 0o644) }
    guard descriptor >= 0 else { throw FileError(operation, self.path, code: errno) }
  }

  deinit {
    if descriptor >= 0 { _ = Foundation.close(descriptor) }
  }

  /// The file's size in bytes and its kind.
  func status() throws -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError(.read, path, code: errno) }
    return status
  }

  /// Maps the first `count` bytes read-only into memory. Precondition: `count` is above 0.
  func map(count: Int) throws -> UnsafeRawBufferPointer {
    guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
      throw FileError(.map, path, code: errno)
    }
    return UnsafeRawBufferPointer(start: base, count: count)
  }

  /// Writes all of `bytes`, no matter how many the system takes at a time.
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

  /// The next bytes, at most `count`. Fewer only at the end of the file.
  package func read(upTo count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { bytes, done in
      while done < count {
        let more = Foundation.read(descriptor, bytes.baseAddress! + done, count - done)
        if more < 0 {
          if errno == EINTR { continue }
          throw FileError(.read, path, code: errno)
        }
        if more == 0 { return }
        done += more
      }
    }
  }

  /// Waits until what was written is on the disk.
  package func flush() throws {
    guard fsync(descriptor) == 0 else { throw FileError(.flush, path, code: errno) }
  }

  /// Closes the file now, so that an error is noticed: some file systems report a full disk only here.
  func close() throws {
    let status = Foundation.close(descriptor)
    let code = errno
    descriptor = -1
    guard status == 0 else { throw FileError(.close, path, code: code) }
  }
}
