import Foundation

/// A file that only grows, each piece handed to the system as it is made: a killed run loses none.
///
/// One writer at a time.
final class AppendedFile {
  private let path: String
  private let descriptor: Int32

  /// Opens the file for appending, and creates it where there is none. Throws ``MetricsLogError``.
  init(path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("cannot be opened") }
  }

  deinit { close(descriptor) }

  /// Throws ``MetricsLogError``.
  func append(_ piece: [UInt8]) throws {
    try piece.withUnsafeBytes { bytes in
      var rest = bytes
      while !rest.isEmpty {
        let count = write(descriptor, rest.baseAddress, rest.count)
        if count < 0 {
          if errno == EINTR { continue }
          throw failure("cannot be written")
        }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
      }
    }
  }

  /// Waits until all is on the disk. Throws ``MetricsLogError``.
  func synchronize() throws {
    guard fsync(descriptor) == 0 else { throw failure("cannot be flushed") }
  }

  private func failure(_ what: String) -> MetricsLogError {
    MetricsLogError(path: path, "\(what): \(String(cString: strerror(errno)))")
  }
}
