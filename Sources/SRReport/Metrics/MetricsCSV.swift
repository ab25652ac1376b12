import Foundation

/// `metrics.csv`: one row per epoch, for spreadsheets.
package enum MetricsCSV {
  /// The table of `epochs` as text. The first columns are the numbers that every record has a place for. The terms and further
  /// metrics that any epoch has follow by name. If an epoch lacks a number, the cell is empty.
  package static func text(_ epochs: [EpochRecord]) -> String {
    guard let first = epochs.first else { return "" }
    let further = Set(epochs.flatMap { furtherNumbers($0).keys }).sorted()
    let header = ["epoch", "step"] + first.leadingNumbers.map(\.name) + further + ["weights_sha256"]
    let rows = epochs.map { record in
      let values = furtherNumbers(record)
      let numbers = record.leadingNumbers.map(\.value) + further.map { values[$0] }
      return ["\(record.epoch)", "\(record.step)"] + numbers.map { $0.map { "\($0)" } ?? "" }
        + [record.weightsSHA256 ?? ""]
    }
    return ([header] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
  }

  /// Writes the file at `path` from the log at `logPath`. Replaces an older file atomically. Throws ``MetricsLogError``.
  package static func regenerate(_ path: String, from logPath: String) throws {
    try MetricsFile.replace(path, with: Data(text(MetricsFile.epochs(logPath)).utf8))
  }

  private static func furtherNumbers(_ record: EpochRecord) -> [String: Double] {
    var numbers = record.furtherMetrics
    for (name, value) in record.trainTerms { numbers["train_terms.\(name)"] = value }
    for (name, value) in record.validTerms { numbers["valid_terms.\(name)"] = value }
    return numbers
  }
}
