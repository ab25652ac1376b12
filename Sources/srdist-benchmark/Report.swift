import Foundation

/// A whole run, for programs to read.
struct Report: Encodable {
  let machine: Machine
  let measurements: [Measurement]

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    // A result that is not finite has an infinite error.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

/// A run, for people to read: a Markdown table.
enum Table {
  static func printHeader(_ machine: Machine) {
    print(
      String(
        format: "%@, one core: peak %.1f GFLOP/s, memory %.1f GB/s\n", machine.level, machine.peakGFLOPs,
        machine.memoryGigabytesPerSecond))
    print("| layer | shape | pass | algorithm | error | time | effective | of peak | moved | of memory |")
    print("|---|---|---|---|--:|--:|--:|--:|--:|--:|")
  }

  static func printRow(_ measurement: Measurement) {
    let error = measurement.relativeError.map { String(format: "%.1e", $0) } ?? "-"
    print(
      "| \(measurement.layer) | \(measurement.shape) | \(measurement.pass) | \(measurement.algorithm) "
        + "| \(error)\(measurement.isWithinTolerance ? "" : " (too large)") "
        + String(
          format: "| %.0f us | %.0f GFLOP/s | %.0f %% | %.2f MB | %.0f %% |", measurement.microseconds,
          measurement.effectiveGFLOPs, 100 * measurement.shareOfPeak,
          Double(measurement.bytesMoved) * 1e-6, 100 * measurement.shareOfBandwidth))
  }
}
