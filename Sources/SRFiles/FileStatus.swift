import Foundation

/// What lies at a path.
package enum PathKind: Sendable {
  case file, directory
  /// A symbolic link that was not followed.
  case link
  /// A device, a pipe or a socket.
  case other

  /// Looks at `path`. Nil only if the system says that nothing is there.
  ///
  /// - Throws: ``FileError`` if the system cannot tell. So nobody takes "could not look" for "is not there".
  package static func of(_ path: String, followingLinks: Bool = true) throws -> PathKind? {
    try FileStatus(BytePath(path), followsLinks: followingLinks)?.kind
  }

  init(_ status: stat) {
    self =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .directory
      case S_IFLNK: .link
      default: .other
      }
  }
}

/// What the system records about what lies at a path.
package struct FileStatus: Equatable, Sendable {
  /// The same for all names of one file.
  package struct Identity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
  }

  package let kind: PathKind
  package let identity: Identity
  package let bytes: Int
  /// The bytes that it takes on the disk. Holes take none.
  package let allocatedBytes: Int
  /// When the content was last written: seconds and nanoseconds.
  let writeTime: [Int]
  /// When the content, or what the system records about the file, last changed.
  let changeTime: [Int]

  /// The status of what is at `path`; nil if nothing is there. Throws ``FileError``, which does not mean that nothing is there.
  ///
  /// - Parameter followsLinks: if not, a symbolic link's own status.
  package init?(_ path: BytePath, followsLinks: Bool) throws {
    var status = stat()
    let result = uninterrupted {
      path.withCString { followsLinks ? stat($0, &status) : lstat($0, &status) }
    }
    guard result == 0 else {
      let error = FileError(.look, path.description, code: errno)
      if error.saysAbsent { return nil }
      throw error
    }
    self.init(status)
  }

  init(_ status: stat) {
    kind = PathKind(status)
    identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    bytes = Int(status.st_size)
    allocatedBytes = 512 * Int(status.st_blocks)
    writeTime = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    changeTime = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
  }
}

/// Repeats a system call as long as a signal interrupts it. Afterwards, `errno` is that of the last try.
func uninterrupted<Result: FixedWidthInteger & SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}

/// ``uninterrupted(_:)`` for calls that return nil if they fail.
func uninterrupted<Result>(_ call: () -> Result?) -> Result? {
  while true {
    if let result = call() { return result }
    if errno != EINTR { return nil }
  }
}
