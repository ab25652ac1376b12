import Foundation

/// What lies at a path.
package struct FileStatus: Equatable, Sendable {
  package enum Kind: Sendable {
    case file, folder, link
    /// A device, a socket or a named pipe.
    case special
  }

  /// The same for all names of one file.
  package struct Identity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
  }

  package let kind: Kind
  package let identity: Identity
  package let bytes: Int
  /// When the content last changed: seconds and nanoseconds.
  private let modification: [Int]

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
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      case S_IFLNK: .link
      default: .special
      }
    identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    bytes = Int(status.st_size)
    modification = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
  }
}
