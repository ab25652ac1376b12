import Foundation

/// Appends records to `metrics.jsonl`, one JSON object a line, each handed to the system in one piece as it
/// is made: a killed run loses none.
///
/// One writer at a time (rank 0).
public final class MetricsLog {
  public let path: String
  private let descriptor: Int32

  /// Opens the log at `path` for appending, and creates it where there is none. When resuming, call
  /// ``MetricsFile/truncate(_:toStep:completedEpochs:)`` first. Throws ``MetricsLogError``.
  public init(path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.failure(path, "cannot be opened") }
  }

  deinit { close(descriptor) }

  /// Throws ``MetricsLogError``.
  public func append(_ record: StepRecord) throws { try append(MetricsLine.encode(record)) }

  /// Throws ``MetricsLogError``.
  public func append(_ record: EpochRecord) throws { try append(MetricsLine.encode(record)) }

  /// Waits until all lines are on the disk: before a checkpoint, so that no checkpoint is newer than its log.
  /// Throws ``MetricsLogError``.
  public func synchronize() throws {
    guard fsync(descriptor) == 0 else { throw Self.failure(path, "cannot be flushed") }
  }

  private func append(_ line: [UInt8]) throws {
    try line.withUnsafeBytes { bytes in
      var rest = bytes
      while !rest.isEmpty {
        let count = write(descriptor, rest.baseAddress, rest.count)
        if count < 0 {
          if errno == EINTR { continue }
          throw Self.failure(path, "cannot be written")
        }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
      }
    }
  }

  private static func failure(_ path: String, _ what: String) -> MetricsLogError {
    MetricsLogError(path: path, "\(what): \(String(cString: strerror(errno)))")
  }
}
