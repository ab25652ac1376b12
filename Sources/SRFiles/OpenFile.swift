import Foundation

/// A file's descriptor. It is closed with the last reference at the latest.
///
/// If a signal interrupts a call, the call is repeated. All calls throw ``FileError``.
package final class OpenFile {
  package let path: String
  private var descriptor: Int32

  package convenience init(
    _ path: String, _ flags: Int32, for operation: FileError.Operation = .open
  ) throws {
    try self.init(BytePath(path), flags, for: operation)
  }

  /// Calls `open`. Child processes do not inherit the descriptor. The umask decides who may write to a new file.
  ///
  /// Opening a FIFO would wait until another program opens its other end, and opening a device for reading can have effects. So
  /// only a regular file is opened for reading or, with `O_DIRECTORY`, a directory. A FIFO is not opened for writing either.
  ///
  /// - Parameters:
  ///   - flags: such as `O_WRONLY | O_CREAT`.
  ///   - operation: what was tried, for an error's text.
  package init(_ path: BytePath, _ flags: Int32, for operation: FileError.Operation = .open) throws {
    self.path = path.description
    let isDirectory = flags & O_DIRECTORY != 0
    let reads = flags & O_ACCMODE == O_RDONLY
    var found = stat()
    if !isDirectory, uninterrupted({ path.withCString { stat($0, &found) } }) == 0 {
      try Self.check(found, self.path, operation, allowsDevices: !reads)
    }
    // The path may name a FIFO by now. With O_NONBLOCK, opening it does not wait. A regular file does not know the flag.
    let more = O_CLOEXEC | (reads ? O_NONBLOCK : 0)
    descriptor = uninterrupted { path.withCString { open($0, flags | more, 0o666) } }
    guard descriptor >= 0 else { throw FileError(operation, self.path, code: errno) }
    if !isDirectory { try Self.check(status(), self.path, operation, allowsDevices: !reads) }
  }

  private init(_ path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  /// Throws ``FileError`` for what must not be opened.
  static func check(
    _ status: stat, _ path: String, _ operation: FileError.Operation, allowsDevices: Bool
  ) throws {
    let kind: String
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFDIR: throw FileError(operation, path, code: EISDIR)
    case S_IFIFO: kind = "a FIFO, such as a pipe or a shell's <(...)"
    case S_IFSOCK: kind = "a socket"
    default:
      if allowsDevices { return }
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
    guard uninterrupted({ fstat(descriptor, &status) }) == 0 else {
      throw FileError(.read, path, code: errno)
    }
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
      let count = uninterrupted { Foundation.write(descriptor, rest.baseAddress, rest.count) }
      guard count >= 0 else { throw FileError(.write, path, code: errno) }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
    }
  }

  /// Reads from the current position to the end, and calls `body` with one piece of a few megabytes after the other.
  func readPieces(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceBytes, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let count = uninterrupted { Foundation.read(descriptor, buffer.baseAddress, buffer.count) }
      guard count >= 0 else { throw FileError(.read, path, code: errno) }
      if count == 0 { return }
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// A slow disk reads this much in about a second.
  private static let pieceBytes = 4 << 20

  /// The bytes of the whole regular file at `path`.
  package static func contents(of path: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try OpenFile(path, O_RDONLY).readPieces { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Keeps other programs from locking the file until it is closed. Does not wait.
  ///
  /// Returns 0 if the lock is held, else `errno`: `EWOULDBLOCK` if another program holds it. Some file systems have no locks.
  package func lock() -> Int32 {
    uninterrupted { flock(descriptor, LOCK_EX | LOCK_NB) } == 0 ? 0 : errno
  }

  /// A second descriptor of the same open file. A lock is held until both are closed.
  func duplicate() throws -> OpenFile {
    let copy = uninterrupted { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }
    guard copy >= 0 else { throw FileError(.open, path, code: errno) }
    return OpenFile(path, descriptor: copy)
  }

  /// The next bytes, at most `count`. Fewer only at the end of the file.
  package func read(upTo count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { bytes, done in
      while done < count {
        let more = uninterrupted { Foundation.read(descriptor, bytes.baseAddress! + done, count - done) }
        guard more >= 0 else { throw FileError(.read, path, code: errno) }
        if more == 0 { return }
        done += more
      }
    }
  }

  /// Reads at `offset` until `bytes` are full or the file ends. Returns how many were read. Safe to call on several threads.
  func read(at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < bytes.count {
      let count = uninterrupted {
        pread(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
      }
      guard count >= 0 else { throw FileError(.read, path, code: errno) }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Writes all of `bytes` at `offset`. Safe to call on several threads.
  func write(at offset: Int, _ bytes: UnsafeRawBufferPointer) throws {
    var done = 0
    while done < bytes.count {
      let count = uninterrupted {
        pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
      }
      guard count >= 0 else { throw FileError(.write, path, code: errno) }
      done += count
    }
  }

  /// Takes the space of the first `count` bytes, so that writing them cannot fill the disk. Precondition: `count` is above 0.
  func reserve(_ count: Int) throws {
    // The function returns its error, and does not set errno.
    var code: Int32
    repeat { code = posix_fallocate(descriptor, 0, off_t(count)) } while code == EINTR
    guard code == 0 else { throw FileError(.write, path, code: code) }
  }

  /// Waits until what was written is on the disk.
  package func flush() throws {
    guard uninterrupted({ fsync(descriptor) }) == 0 else { throw FileError(.flush, path, code: errno) }
  }

  /// Closes the file now, so that an error is noticed: some file systems report a full disk only here.
  func close() throws {
    let status = Foundation.close(descriptor)
    let code = errno
    descriptor = -1
    // After an interrupted close, Linux has closed the file. What was written is on the disk if it was flushed.
    guard status == 0 || code == EINTR else { throw FileError(.close, path, code: code) }
  }
}
