import Foundation

/// One line of `metrics.jsonl`.
public enum MetricsLine: Equatable, Sendable {
  case step(StepRecord)
  case epoch(EpochRecord)
  /// A line of a kind that this program does not write.
  case other

  enum Kind: String, Codable {
    case step
    case epoch
  }

  /// What a cut needs to know of a line.
  struct Position: Decodable {
    let kind: String?
    let epoch: Int?
    let step: Int?
  }

  /// Not-finite numbers are spelt as these strings: JSON has none for them.
  private static let notFinite = (positive: "Infinity", negative: "-Infinity", nan: "NaN")

  /// The record as one line, newline included. Every number has the fewest digits that give it back exactly.
  static func encode(_ record: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: notFinite.positive, negativeInfinity: notFinite.negative, nan: notFinite.nan)
    return try Array(encoder.encode(record)) + [UInt8(ascii: "\n")]
  }

  /// Parses a line without its newline.
  init(parsing line: [UInt8]) throws {
    let position = try Self.position(of: line)
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: Self.notFinite.positive, negativeInfinity: Self.notFinite.negative,
      nan: Self.notFinite.nan)
    switch position.kind.flatMap(Kind.init(rawValue:)) {
    case .step: self = .step(try decoder.decode(StepRecord.self, from: Data(line)))
    case .epoch: self = .epoch(try decoder.decode(EpochRecord.self, from: Data(line)))
    case nil: self = .other
    }
  }

  static func position(of line: [UInt8]) throws -> Position {
    try JSONDecoder().decode(Position.self, from: Data(line))
  }
}
