import Foundation

/// A whole file, mapped read-only into memory. It is unmapped when the last reference goes.
///
/// Ranks of one host that map the same file share its pages.
package final class MappedFile: @unchecked Sendable {
  package let path: String
  /// The file's bytes. They are mapped as long as the object lives; ``withBytes(_:)`` keeps it alive.
  package let bytes: UnsafeRawBufferPointer

  package var count: Int { bytes.count }

  package convenience init(path: String) throws { try self.init(path: BytePath(path)) }

  /// Throws ``FileError`` if the file cannot be opened or mapped, or if it is no regular file but a directory or a device.
  package init(path: BytePath) throws {
    let file = try OpenFile(path, O_RDONLY)
    let status = try file.status()
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw FileError(.read, file.path, code: EISDIR)
    default: throw FileError(.read, file.path, reason: "Not a regular file")
    }
    self.path = file.path
    // mmap refuses a length of 0.
    bytes =
      status.st_size > 0
      ? try file.map(count: Int(status.st_size)) : UnsafeRawBufferPointer(start: nil, count: 0)
  }

  /// Calls `body` with the file's bytes, which stay mapped meanwhile.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    // Swift may release an object after the last use of its reference, although what it owns is still in use.
    try withExtendedLifetime(self) { try body(bytes) }
  }

  deinit {
    if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
  }
}
