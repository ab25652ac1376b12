import Foundation
import SRFiles

/// A file that only grows, each piece handed to the system as it is made: a killed run loses none.
///
/// One writer at a time.
final class AppendedFile {
  private let file: OpenFile

  /// Opens the file for appending, and creates it where there is none. Throws ``MetricsLogError``.
  init(path: String) throws {
    file = try MetricsLogError.translating("cannot be opened") {
      try OpenFile(path, O_WRONLY | O_CREAT | O_APPEND)
    }
  }

  /// Throws ``MetricsLogError``.
  func append(_ piece: [UInt8]) throws {
    try MetricsLogError.translating("cannot be written") { try piece.withUnsafeBytes { try file.write($0) } }
  }

  /// Waits until all is on the disk. Throws ``MetricsLogError``.
  func synchronize() throws {
    try MetricsLogError.translating("cannot be flushed") { try file.flush() }
  }
}

extension MetricsLogError {
  /// What `body` returns; where it throws a ``FileError``, the log's own error of what was tried.
  fileprivate static func translating<Result>(_ tried: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as FileError {
      throw MetricsLogError(path: error.path, "\(tried): \(error.reason)")
    }
  }
}
