/// The numbers that are kept for each image, and their order in a row of doubles.
///
/// Rows are gathered and summed in sample order, so that every log line has the same bits on any number of ranks.
struct SampleValueLayout: Sendable, Equatable {
  /// Names of the loss's terms.
  let terms: [String]
  /// Names of the metrics.
  let metrics: [String]

  /// The length of a row: the weighted loss, its terms, and the metrics.
  var count: Int { 1 + terms.count + metrics.count }
  var metricStart: Int { 1 + terms.count }
}

/// Sums of rows of sample values, added strictly in sample order.
struct ValueSums: Sendable, Equatable {
  let layout: SampleValueLayout
  private(set) var sums: [Double]
  private(set) var count = 0

  init(layout: SampleValueLayout) {
    self.layout = layout
    sums = Array(repeating: 0, count: layout.count)
  }

  /// The sums that a checkpoint stored: the count, then the sums.
  init?(layout: SampleValueLayout, stored: [Double]) {
    guard stored.count == layout.count + 1, let count = Int(exactly: stored[0]) else { return nil }
    self.layout = layout
    self.count = count
    sums = Array(stored.dropFirst())
  }

  var stored: [Double] { [Double(count)] + sums }

  mutating func add(_ row: [Double]) {
    for (index, value) in row.enumerated() { sums[index] += value }
    count += 1
  }

  /// Mean of the weighted loss.
  var loss: Double { mean(0) }
  /// Means of the loss's terms, by name.
  var terms: [String: Double] { means(layout.terms, from: 1) }
  /// Means of the metrics, by name.
  var metrics: [String: Double] { means(layout.metrics, from: layout.metricStart) }

  private func means(_ names: [String], from start: Int) -> [String: Double] {
    Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, mean(start + $0)) })
  }

  private func mean(_ index: Int) -> Double { sums[index] / Double(count) }
}

/// Rows of doubles that several workers fill. Each worker writes its own rows.
final class SharedRows: @unchecked Sendable {
  private let fields: Int
  private let storage: UnsafeMutableBufferPointer<Double>

  init(rows: Int, fields: Int) {
    self.fields = fields
    storage = .allocate(capacity: max(rows * fields, 1))
    storage.initialize(repeating: 0)
    count = rows * fields
  }

  deinit { storage.deallocate() }

  let count: Int
  func row(_ index: Int) -> UnsafeMutablePointer<Double> { storage.baseAddress! + index * fields }
  /// All rows, one after the other.
  var elements: [Double] { Array(storage.prefix(count)) }
}
