import SRFiles

/// One line of `metrics.jsonl`.
package enum MetricsLine: Equatable, Sendable {
  case step(StepRecord)
  /// An epoch's end, or a validation within an epoch.
  case epoch(EpochRecord)
  /// A line whose kind this program does not write.
  case other

  enum Kind: String, Codable {
    case step
    case epoch
    /// Within an epoch.
    case validation
  }

  /// What a cut needs to know about a line.
  struct Position: Decodable {
    let kind: String?
    let epoch: Int?
    let step: Int?

    var isStep: Bool { kind == Kind.step.rawValue }
    /// Whether the line is that of an epoch's end.
    var isEpoch: Bool { kind == Kind.epoch.rawValue }
    var isValidation: Bool { kind == Kind.validation.rawValue }
  }

  /// The record as one line, newline included.
  static func encode(_ record: some Encodable) throws -> [UInt8] {
    try ReadableJSON.encode(record, .oneLine)
  }

  /// Parses a line without its newline.
  init(parsing line: [UInt8]) throws {
    let position = try Self.position(of: line)
    if position.isStep {
      self = .step(try Self.step(parsing: line))
    } else if position.isEpoch || position.isValidation {
      self = .epoch(try Self.epoch(parsing: line))
    } else {
      self = .other
    }
  }

  static func step(parsing line: [UInt8]) throws -> StepRecord {
    try ReadableJSON.decode(StepRecord.self, from: line)
  }

  static func epoch(parsing line: [UInt8]) throws -> EpochRecord {
    try ReadableJSON.decode(EpochRecord.self, from: line)
  }

  /// Throws `DecodingError` also if a step's or an epoch's number makes no sense.
  static func position(of line: [UInt8]) throws -> Position {
    let position = try ReadableJSON.decode(Position.self, from: line)
    let isKnown = position.kind.flatMap(Kind.init(rawValue:)) != nil
    guard !isKnown || (1...Int(Int32.max) ~= position.epoch ?? 1 && 1...1 << 53 ~= position.step ?? 1) else {
      throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "no epoch or step of a run"))
    }
    return position
  }
}
