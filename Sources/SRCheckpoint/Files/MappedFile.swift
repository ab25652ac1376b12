import Foundation

/// A whole file mapped read-only into memory; unmapped when the last reference goes.
final class MappedFile: @unchecked Sendable {
  private let bytes: UnsafeRawBufferPointer

  var count: Int { bytes.count }

  /// Throws ``FileSystemError`` where the file cannot be opened or mapped.
  init(path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileSystemError(.open, path, code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileSystemError(.read, path, code: errno) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw FileSystemError(.read, path, code: EISDIR) }
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
      throw FileSystemError(.read, path, code: errno)
    }
    bytes = UnsafeRawBufferPointer(start: base, count: count)
  }

  /// Calls `body` with the file's bytes, which stay mapped meanwhile.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    // The last use of a reference may come before the last use of what it owns.
    try withExtendedLifetime(self) { try body(bytes) }
  }

  deinit {
    if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
  }
}
