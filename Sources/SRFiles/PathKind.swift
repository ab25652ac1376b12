import Foundation

/// What lies at a path.
package enum PathKind: Sendable {
  case file, directory
  /// A device, a pipe, a socket, or a link that was not followed.
  case other

  /// Looks at `path`. Nil only if the system says that nothing is there.
  ///
  /// - Throws: ``FileError`` if the system cannot tell. So nobody takes "could not look" for "is not there".
  package static func of(_ path: String, followingLinks: Bool = true) throws -> PathKind? {
    var status = stat()
    guard uninterrupted({ followingLinks ? stat(path, &status) : lstat(path, &status) }) == 0 else {
      let error = FileError(.look, path, code: errno)
      if error.saysAbsent { return nil }
      throw error
    }
    return switch status.st_mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .directory
    default: .other
    }
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
