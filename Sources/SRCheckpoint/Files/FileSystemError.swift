import Foundation

/// A system call on a file or directory failed.
public struct FileSystemError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Operation: String, Sendable {
    case open, read, create, write, flush, rename, remove, list
  }

  public let operation: Operation
  public let path: String
  /// The system's `errno`.
  public let code: Int32
  /// Bytes that the whole piece of work needs on this file system, where that is known.
  public var neededBytes: Int?
  /// Bytes that are free there.
  public var freeBytes: Int?

  public init(
    _ operation: Operation, _ path: String, code: Int32, neededBytes: Int? = nil, freeBytes: Int? = nil
  ) {
    self.operation = operation
    self.path = path
    self.code = code
    self.neededBytes = neededBytes
    self.freeBytes = freeBytes
  }

  /// The same error with what the work needs and what the file system has. Call it when what was written so
  /// far is removed.
  func needing(_ bytes: Int) -> FileSystemError {
    var copy = self
    copy.neededBytes = bytes
    copy.freeBytes = Self.freeBytes(around: path)
    return copy
  }

  public var description: String {
    var text = "cannot \(operation.rawValue) \(path): \(String(cString: strerror(code))) (errno \(code))"
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
    let parent = (path as NSString).deletingLastPathComponent
    return parent == path ? nil : freeBytes(around: parent.isEmpty ? "." : parent)
  }
}
