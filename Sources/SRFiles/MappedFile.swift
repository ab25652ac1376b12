import CFilesShim
import Foundation

/// A whole file, mapped read-only into memory. It is unmapped when the last reference goes.
///
/// Ranks of one host that map the same file share its pages. If the file is cut while it is mapped, reading its end prints one
/// line that names the file, and ends the process (see `srdist_mapping_add`).
package final class MappedFile: @unchecked Sendable {
  package let path: String
  private let systemPath: BytePath
  /// The file's bytes. They are mapped as long as the object lives; ``withBytes(_:)`` keeps it alive.
  package let bytes: UnsafeRawBufferPointer
  private let state: FileStatus

  package var count: Int { bytes.count }

  package convenience init(path: String) throws { try self.init(path: BytePath(path)) }

  /// Throws ``FileError`` if the file cannot be opened or mapped, or if it is not a regular file but a directory, a device or a
  /// FIFO.
  package init(path: BytePath) throws {
    let file = try OpenFile(path, O_RDONLY)
    let status = try file.status()
    self.path = file.path
    systemPath = path
    state = FileStatus(status)
    // mmap refuses a length of 0.
    bytes =
      status.st_size > 0
      ? try file.map(count: Int(status.st_size)) : UnsafeRawBufferPointer(start: nil, count: 0)
    if let base = bytes.baseAddress { srdist_mapping_add(base, bytes.count, file.path) }
  }

  /// Calls `body` with the file's bytes, which stay mapped meanwhile.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    // Swift may release an object after the last use of its reference, although what it owns is still in use.
    try withExtendedLifetime(self) { try body(bytes) }
  }

  deinit {
    guard let base = bytes.baseAddress else { return }
    srdist_mapping_remove(base)
    munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
  }
}

extension MappedFile {
  /// How a file differs from what was mapped.
  package enum Change: Equatable, Sendable, CustomStringConvertible {
    /// Another file has its name.
    case replaced
    case resized(from: Int, to: Int)
    /// It was written to. Its content may be the same as before.
    case written
    /// Its permissions, its links or its times were set. So the time of the last write can be wrong.
    case touched

    package var description: String {
      switch self {
      case .replaced: "another file was put in its place"
      case .resized(let old, let new): "it had \(old) bytes and has \(new)"
      case .written: "it was written to"
      case .touched: "its times were set"
      }
    }
  }

  /// What has happened to the file since it was mapped; nil if nothing has.
  ///
  /// A file that was removed counts as unchanged, because its bytes stay as long as they are mapped. So does a file that cannot
  /// be looked at just now.
  package func change() -> Change? {
    guard let now = try? FileStatus(systemPath, followsLinks: true) else { return nil }
    if now.identity != state.identity { return .replaced }
    if now.bytes != state.bytes { return .resized(from: state.bytes, to: now.bytes) }
    if now.writeTime != state.writeTime { return .written }
    return now.changeTime != state.changeTime ? .touched : nil
  }
}
