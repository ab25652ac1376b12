import Foundation

/// A whole run as JSON, for programs.
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

/// A run as a Markdown table, for people.
enum Table {
  static func printHeader(_ machine: Machine) {
    print(
      String(
        format: "%@, one core: peak %.1f GFLOP/s, memory %.1f GB/s\n", machine.level, machine.peakGFLOPs,
        machine.memoryGigabytesPerSecond))
    print("| subject | size | pass | algorithm | error | time | effective | of peak | moved | of memory |")
    print("|---|---|---|---|--:|--:|--:|--:|--:|--:|")
  }

  static func printRow(_ measurement: Measurement) {
    func text(_ value: Double?, _ format: String) -> String {
      value.map { String(format: format, $0) } ?? "-"
    }
    let columns = [
      measurement.subject, measurement.size, measurement.pass, measurement.algorithm,
      text(measurement.relativeError, "%.1e") + (measurement.isWithinTolerance ? "" : " (too large)"),
      text(measurement.microseconds, "%.0f us"), text(measurement.effectiveGFLOPs, "%.0f GFLOP/s"),
      text(measurement.shareOfPeak.map { 100 * $0 }, "%.0f %%"),
      text(measurement.bytesMoved.map { Double($0) * 1e-6 }, "%.2f MB"),
      text(measurement.shareOfBandwidth.map { 100 * $0 }, "%.0f %%"),
    ]
    print("| \(columns.joined(separator: " | ")) |")
  }
}
