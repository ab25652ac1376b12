/// Appends records to `metrics.jsonl`, one JSON object per line.
///
/// One writer at a time (rank 0).
package final class MetricsLog {
  package let path: String
  private let file: AppendedFile

  /// Opens the log at `path` for appending, and creates it if it does not exist. If a run resumes, call
  /// ``MetricsFile/truncate(_:toStep:completedEpochs:validatedStep:progress:)`` first. Throws ``MetricsLogError``.
  package init(path: String) throws {
    self.path = path
    file = try AppendedFile(path: path)
  }

  /// Throws ``MetricsLogError``.
  package func append(_ record: StepRecord) throws { try file.append(MetricsLine.encode(record)) }

  /// Throws ``MetricsLogError``.
  package func append(_ record: EpochRecord) throws { try file.append(MetricsLine.encode(record)) }

  /// Waits until all lines are on the disk. Call this before a checkpoint, so that no checkpoint is newer than the log. Throws
  /// ``MetricsLogError``.
  package func synchronize() throws { try file.synchronize() }
}
