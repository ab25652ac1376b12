import CFilesShim
import Foundation

/// A whole file, mapped read-only into memory. It is unmapped when the last reference goes.
///
/// Ranks of one host that map the same file share its pages. If the file is cut while it is mapped, reading its end prints one
/// line that names the file, and ends the process (see `srdist_mapping_add`).
package final class MappedFile: @unchecked Sendable {
  package let path: String
  /// The file's bytes. They are mapped as long as the object lives; ``withBytes(_:)`` keeps it alive.
  package let bytes: UnsafeRawBufferPointer
  private let state: FileState

  package var count: Int { bytes.count }

  /// Throws ``FileError`` if the file cannot be opened or mapped, or if it is not a regular file but a directory, a device or a
  /// FIFO.
  package init(path: String) throws {
    let file = try OpenFile(path, O_RDONLY)
    let status = try file.status()
    self.path = path
    state = FileState(status)
    // mmap refuses a length of 0.
    bytes =
      status.st_size > 0
      ? try file.map(count: Int(status.st_size)) : UnsafeRawBufferPointer(start: nil, count: 0)
    if let base = bytes.baseAddress { srdist_mapping_add(base, bytes.count, path) }
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
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    let now = FileState(status)
    if now.device != state.device || now.inode != state.inode { return .replaced }
    if now.size != state.size { return .resized(from: state.size, to: now.size) }
    if now.writeTime != state.writeTime { return .written }
    return now.changeTime != state.changeTime ? .touched : nil
  }

  /// What tells one state of a file from another without reading it.
  private struct FileState {
    let device: UInt
    let inode: UInt
    let size: Int
    /// The time of the last write, in seconds and nanoseconds.
    let writeTime: [Int]
    /// The time of the last change of the file or of what the system records about it.
    let changeTime: [Int]

    init(_ status: stat) {
      device = UInt(status.st_dev)
      inode = UInt(status.st_ino)
      size = Int(status.st_size)
      writeTime = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
      changeTime = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
  }
}
