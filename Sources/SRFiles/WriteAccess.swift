import Foundation

/// Finds out whether files can be written, without writing any. What it lets pass may still fail later.
package enum WriteAccess {
  /// Throws ``FileError`` if files cannot be created in the folder at `path`, or if there is no such folder and none can be
  /// created.
  package static func checkFolder(_ path: String) throws {
    guard let kind = try PathKind.of(path) else {
      let parent = DirectoryCalls.parent(of: path)
      guard parent != path else { throw FileError(.create, path, code: ENOENT) }
      return try checkFolder(parent)
    }
    guard kind == .directory else { throw FileError(.create, path, code: ENOTDIR) }
    guard uninterrupted({ faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) }) == 0 else {
      throw FileError(.create, path, code: errno)
    }
  }

  /// Throws ``FileError`` if a file at `path` cannot be created, or be replaced if it is there.
  package static func checkFile(_ path: String) throws {
    var status = stat()
    if uninterrupted({ stat(path, &status) }) == 0 {
      try OpenFile.check(status, path, .write, allowsDevices: false)
    } else if errno != ENOENT {
      throw FileError(.write, path, code: errno)
    }
    try checkFolder(DirectoryCalls.parent(of: path))
  }

  /// Throws ``FileError`` if fewer than `bytes` bytes are free where `path` lies or would lie.
  package static func checkSpace(_ bytes: Int, at path: String) throws {
    let error = FileError(.write, path, code: ENOSPC).needing(bytes)
    if let free = error.freeBytes, free < bytes { throw error }
  }
}
