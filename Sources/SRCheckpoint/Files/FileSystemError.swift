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
  /// Bytes that were free there when the call failed.
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

  /// The same error with what the work needs and what the file system has.
  func needing(_ bytes: Int) -> FileSystemError {
    let folder = (path as NSString).deletingLastPathComponent
    var copy = self
    copy.neededBytes = bytes
    copy.freeBytes = Self.freeBytes(at: folder.isEmpty ? "." : folder)
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

  private static func freeBytes(at path: String) -> Int? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    return Int(status.f_bavail) * Int(status.f_frsize)
  }
}
