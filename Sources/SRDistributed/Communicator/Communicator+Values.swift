import Foundation

/// Values of any `Codable` type between ranks. They travel as JSON.
///
/// A collective has an overload for bytes or numbers where these travel often or are many. All overloads of a name mean
/// the same.
extension Communicator {
  /// Every rank's value, in rank order on every rank. Collective.
  package func allGather<Value: Codable>(_ value: Value) throws -> [Value] {
    try allGather(Self.encoded(value)).map { try Self.decoded($0) }
  }

  /// Every rank's value in rank order on `root`, and nil on the others. Collective.
  package func gather<Value: Codable>(_ value: Value, to root: Int = 0) throws -> [Value]? {
    try gather(Self.encoded(value), to: root)?.map { try Self.decoded($0) }
  }

  /// `root`'s value on every rank. What the others pass is ignored. Collective.
  package func broadcast<Value: Codable>(_ value: Value, from root: Int = 0) throws -> Value {
    try Self.decoded(broadcast(rank == root ? Self.encoded(value) : [], from: root))
  }

  private static let (infinity, negativeInfinity, nan) = ("Infinity", "-Infinity", "NaN")

  private static func encoded(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: infinity, negativeInfinity: negativeInfinity, nan: nan)
    return try Array(encoder.encode(value))
  }

  private static func decoded<Value: Decodable>(_ bytes: [UInt8]) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: infinity, negativeInfinity: negativeInfinity, nan: nan)
    return try decoder.decode(Value.self, from: Data(bytes))
  }
}
