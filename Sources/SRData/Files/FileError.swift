#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that the operating system refused to open, read, write or rename.
public struct FileError: Error, CustomStringConvertible, Sendable, Equatable {
  public let path: String
  /// What was tried, such as `open`.
  public let operation: String
  /// The system's reason.
  public let reason: String

  public init(path: String, operation: String, reason: String) {
    self.path = path
    self.operation = operation
    self.reason = reason
  }

  /// Takes the reason from `errno`; to be made right after the failed call.
  static func system(_ operation: String, _ path: String) -> FileError {
    FileError(path: path, operation: operation, reason: String(cString: strerror(errno)))
  }

  public var description: String { "\(path): cannot \(operation): \(reason)" }
}
