import Foundation

/// How JSON is written in files and on standard output.
///
/// Keys are sorted, so the same values always give the same bytes. Numbers that JSON cannot express become the strings
/// `Infinity`, `-Infinity` and `NaN`. Every number has the fewest digits from which it is read back exactly.
package enum ReadableJSON {
  package enum Layout: Sendable {
    /// Many lines, indented.
    case indented
    case oneLine
  }

  private static let (infinity, negativeInfinity, nan) = ("Infinity", "-Infinity", "NaN")

  /// The value as JSON, and a newline.
  package static func encode(_ value: some Encodable, _ layout: Layout) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if layout == .indented { encoder.outputFormatting.insert(.prettyPrinted) }
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: infinity, negativeInfinity: negativeInfinity, nan: nan)
    return try Array(encoder.encode(value)) + [UInt8(ascii: "\n")]
  }

  /// A text as a string of JSON, in quotes.
  package static func string(_ text: String) -> String {
    // A string can always be encoded.
    let encoded = (try? encode(text, .oneLine)) ?? Array("\"\"\n".utf8)
    return String(decoding: encoded.dropLast(), as: UTF8.self)
  }

  /// Throws `DecodingError`.
  package static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: some Sequence<UInt8>
  ) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: infinity, negativeInfinity: negativeInfinity, nan: nan)
    return try decoder.decode(type, from: Data(bytes))
  }

  /// Throws ``FileError``, also for a file of another kind, or `DecodingError`.
  package static func decode<Value: Decodable>(_ type: Value.Type, fromFile path: String) throws -> Value {
    let bytes = try OpenFile.contents(of: path)
    do {
      return try decode(type, from: bytes)
    } catch let error as DecodingError {
      guard let kind = bytes.withUnsafeBytes({ FileKind($0) }), !kind.isPlainText else { throw error }
      throw FileError(.read, path, reason: "expected JSON, found \(kind)")
    }
  }
}
