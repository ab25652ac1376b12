/// Which numbers are kept of each image, and in which order they lie in a row of doubles.
///
/// Rows are gathered and summed in sample order, so that every log line has the same bits on any number of ranks.
struct SampleValueLayout: Sendable, Equatable {
  /// Names of the loss's terms.
  let terms: [String]
  /// Names of the metrics.
  let metrics: [String]

  /// The weighted loss, its terms, the metrics.
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

  /// Takes up sums that a checkpoint kept: the count, then the sums.
  init?(layout: SampleValueLayout, stored: [Double]) {
    guard stored.count == layout.count + 1 else { return nil }
    self.layout = layout
    count = Int(stored[0])
    sums = Array(stored.dropFirst())
  }

  var stored: [Double] { [Double(count)] + sums }

  mutating func add(_ row: [Double]) {
    for (index, value) in row.enumerated() { sums[index] += value }
    count += 1
  }

  var loss: Double { mean(0) }
  var terms: [String: Double] {
    Dictionary(uniqueKeysWithValues: layout.terms.enumerated().map { ($1, mean(1 + $0)) })
  }
  func metric(_ name: String) -> Double? {
    layout.metrics.firstIndex(of: name).map { mean(layout.metricStart + $0) }
  }

  private func mean(_ index: Int) -> Double { sums[index] / Double(count) }
}
