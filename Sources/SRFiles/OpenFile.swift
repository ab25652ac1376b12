import Foundation

/// A file's descriptor. It is closed with the last reference at the latest.
///
/// If a signal interrupts a write, the write continues. All calls throw ``FileError``.
package final class OpenFile {
  package let path: String
  private var descriptor: Int32

  /// Calls `open`. Child processes do not inherit the descriptor.
  ///
  /// Opening a FIFO would wait until another program opens its other end, and opening a device for reading can have effects. So
  /// only a regular file is opened for reading or, with `O_DIRECTORY`, a directory. A FIFO is not opened for writing either.
  ///
  /// - Parameters:
  ///   - flags: such as `O_WRONLY | O_CREAT`.
  ///   - operation: what was tried, for an error's text.
  package init(_ path: String, _ flags: Int32, for operation: FileError.Operation = .open) throws {
    self.path = path
    let isDirectory = flags & O_DIRECTORY != 0
    let reads = flags & O_ACCMODE == O_RDONLY
    var found = stat()
    if !isDirectory, stat(path, &found) == 0 { try Self.check(found, path, operation, reads: reads) }
    // The path may name a FIFO by now. With O_NONBLOCK, opening it does not wait. A regular file does not know the flag.
    descriptor = open(path, flags | O_CLOEXEC | (reads ? O_NONBLOCK : 0), 0o644)
    guard descriptor >= 0 else { throw FileError(operation, path, code: errno) }
    if !isDirectory { try Self.check(status(), path, operation, reads: reads) }
  }

  /// Throws ``FileError`` for what must not be opened.
  private static func check(
    _ status: stat, _ path: String, _ operation: FileError.Operation, reads: Bool
  ) throws {
    let kind: String
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFDIR: throw FileError(operation, path, code: EISDIR)
    case S_IFIFO: kind = "a FIFO, such as a pipe or a shell's <(...)"
    case S_IFSOCK: kind = "a socket"
    default:
      if !reads { return }
      kind = "a device"
    }
    throw FileError(operation, path, reason: "it is \(kind); a regular file is needed")
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
