import Foundation

/// The operating system refused an operation on a file or a directory.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was tried. In the error's text, the raw value follows "cannot".
  package enum Operation: String, Sendable {
    case open, read, map, create, write, flush, close, remove, list, lock
    case look = "look at"
    /// ``FileError/path`` is the new name.
    case rename = "rename to"
    /// What is at ``FileError/path`` is complete and has its name, but the name may not survive a power failure.
    case settle = "flush the folder of the complete"
  }

  package let operation: Operation
  package let path: String
  /// The reason in words.
  package let reason: String
  /// The system's `errno`; nil if no system call failed.
  package let code: Int32?
  /// The bytes that the whole piece of work needs on this file system, if that is known.
  package private(set) var neededBytes: Int?
  /// The bytes that are free there.
  package private(set) var freeBytes: Int?

  /// - Parameter code: `errno`, right after the call that failed.
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

  /// The same error, with the bytes that the work needs and those that are free. Call it after what was written so far is
  /// removed.
  package func needing(_ bytes: Int) -> FileError {
    var copy = self
    copy.neededBytes = bytes
    copy.freeBytes = DirectoryCalls.freeBytes(around: path)
    return copy
  }

  /// Whether the system says that nothing is at the path.
  package var saysAbsent: Bool { code == ENOENT || code == ENOTDIR }

  /// Whether the error tells what is at the path: nothing, or something that is no file. After any other error, a sound file may
  /// be there, and the next try may read it.
  package var tellsWhatIsThere: Bool { saysAbsent || code == EISDIR || code == ELOOP || code == nil }

  /// Calls `body`, which flushes the folder of the complete file or directory at `path`. If `body` throws a ``FileError``, throws
  /// one of the operation ``Operation/settle``.
  package static func settling(_ path: String, _ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as FileError {
      guard let code = error.code else { throw error }
      throw FileError(.settle, path, code: code)
    }
  }

  package var description: String {
    var text = "cannot \(operation.rawValue) \(path): \(reason)"
    if let code { text += " (errno \(code))" }
    if let neededBytes {
      text += "; \(neededBytes) bytes are needed"
      if let freeBytes { text += ", \(freeBytes) are free" }
    }
    if code == ENOSPC || code == EDQUOT {
      text += ". Free some space, or write to another disk"
    }
    return text
  }
}
