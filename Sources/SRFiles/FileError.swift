import Foundation

/// The operating system refused something with a file or a directory.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was tried; the raw value follows "cannot".
  package enum Operation: String, Sendable {
    case open, read, map, create, write, flush, close, remove, list
    /// ``FileError/path`` is the new name.
    case rename = "rename to"
  }

  package let operation: Operation
  package let path: String
  /// The reason in words.
  package let reason: String
  /// The system's `errno`; nil where it was no call that failed.
  package let code: Int32?
  /// Bytes that the whole piece of work needs on this file system, where that is known.
  package private(set) var neededBytes: Int?
  /// Bytes that are free there.
  package private(set) var freeBytes: Int?

  /// - Parameter code: `errno` as it was right after the call that failed.
  package init(_ operation: Operation, _ path: String, code: Int32) {
    self.operation = operation
    self.path = path
    self.code = code
    reason = String(cString: strerror(code))
  }

  /// An error that no system call reported.
  package init(_ operation: Operation, _ path: String, reason: String) {
    self.operation = operation
    self.path = path
    self.reason = reason
    code = nil
  }

  /// The same error with what the work needs and what the file system has. Call it when what was written so
  /// far is removed.
  package func needing(_ bytes: Int) -> FileError {
    var copy = self
    copy.neededBytes = bytes
    copy.freeBytes = Self.freeBytes(around: path)
    return copy
  }

  package var description: String {
    var text = "cannot \(operation.rawValue) \(path): \(reason)"
    if let code { text += " (errno \(code))" }
    if let neededBytes {
      text += "; \(neededBytes) bytes are needed"
      if let freeBytes { text += ", \(freeBytes) are free" }
    }
    if code == ENOSPC || code == EDQUOT {
      text += ". Free some room, or write to another disk"
    }
    return text
  }

  /// Free bytes where `path` is, or would be.
  private static func freeBytes(around path: String) -> Int? {
    var status = statvfs()
    if statvfs(path, &status) == 0 { return Int(status.f_bavail) * Int(status.f_frsize) }
    return path == "/" || path == "." ? nil : freeBytes(around: DirectoryCalls.parent(of: path))
  }
}
