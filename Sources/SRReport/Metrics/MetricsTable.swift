import Foundation

/// `metrics.csv`: one row per epoch or validation within an epoch, for spreadsheets.
///
/// The first columns are the numbers that every record has a place for. The terms and further metrics that any epoch has
/// follow by name. If an epoch lacks a number, the cell is empty. Everything in the table is also in the log, and nothing reads
/// the table, so each start makes it anew. One writer at a time (rank 0).
package final class MetricsTable {
  private let path: String
  private let logPath: String
  private var rows: AppendedFile
  /// The names of the terms and further metrics that have columns; nil as long as the table is empty.
  private var further: [String]?

  /// Replaces the table at `path` by one of `epochs`.
  ///
  /// - Parameters:
  ///   - epochs: the epochs of the log.
  ///   - logPath: the log.
  /// - Throws: ``MetricsLogError``.
  package init(path: String, epochs: [EpochRecord], logPath: String) throws {
    self.path = path
    self.logPath = logPath
    (rows, further) = try Self.write(epochs, to: path)
  }

  /// Adds the row of an epoch whose line is the last in the log. Throws ``MetricsLogError``.
  ///
  /// The time that this takes does not depend on the length of the log, unless the epoch is the table's first or has a number
  /// that no epoch before it had.
  package func append(_ record: EpochRecord) throws {
    if let further, Self.furtherNumbers(record).keys.allSatisfy(Set(further).contains) {
      try rows.append(Array(Self.row(record, further).utf8))
    } else {
      (rows, further) = try Self.write(MetricsFile.epochs(logPath), to: path)
    }
  }

  /// Waits until all rows are on the disk. Throws ``MetricsLogError``.
  package func synchronize() throws { try rows.synchronize() }

  private static func write(
    _ epochs: [EpochRecord], to path: String
  ) throws -> (rows: AppendedFile, further: [String]?) {
    let further = Set(epochs.flatMap { furtherNumbers($0).keys }).sorted()
    var text = ""
    if let first = epochs.first {
      text = line(["epoch", "step"] + first.leadingNumbers.map(\.name) + further + ["weights_sha256"])
      for record in epochs { text += row(record, further) }
    }
    try MetricsFile.replace(path, with: Data(text.utf8))
    return (try AppendedFile(path: path), epochs.isEmpty ? nil : further)
  }

  private static func row(_ record: EpochRecord, _ further: [String]) -> String {
    let values = furtherNumbers(record)
    let numbers = record.leadingNumbers.map(\.value) + further.map { values[$0] }
    return line(
      ["\(record.epoch)", "\(record.step)"] + numbers.map { $0.map { "\($0)" } ?? "" }
        + [record.weightsSHA256 ?? ""])
  }

  private static func line(_ cells: [String]) -> String { cells.joined(separator: ",") + "\n" }

  private static func furtherNumbers(_ record: EpochRecord) -> [String: Double] {
    var numbers = record.furtherMetrics
    for (name, value) in record.trainTerms { numbers["train_terms.\(name)"] = value }
    for (name, value) in record.validTerms { numbers["valid_terms.\(name)"] = value }
    return numbers
  }
}
