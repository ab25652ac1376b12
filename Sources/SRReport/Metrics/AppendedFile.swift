import Foundation
import SRFiles

/// A file that only grows. Each piece goes to the operating system at once, so a killed run loses none.
///
/// One writer at a time.
final class AppendedFile {
  private let file: OpenFile
  private var isFlushed = true

  /// Opens the file for appending, and creates it if it does not exist. Its name is durable when the call returns. Throws
  /// ``MetricsLogError``.
  init(path: String) throws {
    file = try MetricsLogError.translating("cannot be opened") {
      try OpenFile(path, O_WRONLY | O_CREAT | O_APPEND)
    }
    try MetricsLogError.translating("cannot be flushed") {
      try DirectoryCalls.flush(DirectoryCalls.parent(of: path))
    }
  }

  /// Throws ``MetricsLogError``.
  func append(_ piece: [UInt8]) throws {
    isFlushed = false
    try MetricsLogError.translating("cannot be written") { try piece.withUnsafeBytes { try file.write($0) } }
  }

  /// Waits until all pieces are on the disk. Throws ``MetricsLogError``.
  func synchronize() throws {
    if isFlushed { return }
    try MetricsLogError.translating("cannot be flushed") { try file.flush() }
    isFlushed = true
  }
}

extension MetricsLogError {
  /// Returns what `body` returns. If `body` throws a ``FileError``, throws a ``MetricsLogError`` that says what was tried.
  static func translating<Result>(_ tried: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as FileError {
      let problem = error.operation == .settle ? "was written, but its folder cannot be flushed" : tried
      throw MetricsLogError(path: error.path, "\(problem): \(error.reason)")
    }
  }
}
