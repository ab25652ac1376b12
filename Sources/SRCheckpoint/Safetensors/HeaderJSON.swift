/// The JSON of a safetensors header, in the order of the file.
///
/// Foundation's decoders silently keep one of two equal keys, and guess at encodings. A header with such faults is
/// malformed, so headers are parsed here.
enum HeaderJSON: Equatable {
  case object([Member])
  case array([HeaderJSON])
  case string(String)
  /// An unsigned integer that fits into `Int`.
  case integer(Int)
  /// Any other number, `true`, `false` or `null`, as it is written. No field of a header may hold one.
  case other(String)

  struct Member: Equatable {
    let key: String
    let value: HeaderJSON
  }

  /// Why parsing stopped, and where: a byte offset.
  struct SyntaxError: Error, Equatable {
    enum Reason: Equatable {
      case syntax(String)
      case duplicateKey(String)
    }
    let reason: Reason
    let offset: Int
  }

  /// Parses one value, after which only white space may follow. `bytes` is valid UTF-8. Throws ``SyntaxError``.
  init(parsing bytes: [UInt8]) throws {
    var parser = HeaderJSONParser(bytes: bytes)
    self = try parser.document()
  }

  /// `text` as a JSON string, including the quotes.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

/// The strict recursive-descent parser behind ``HeaderJSON``.
private struct HeaderJSONParser {
  /// Deeper than any header: metadata and a tensor's shape lie at depth 3.
  private static let maximumDepth = 8

  private let bytes: [UInt8]
  private var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws -> HeaderJSON {
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw syntax("something follows the closing brace") }
    return value
  }

  private mutating func value(depth: Int) throws -> HeaderJSON {
    guard depth < Self.maximumDepth else { throw syntax("nested too deeply") }
    skipSpace()
    switch peek() {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case nil: throw syntax("ends too early")
    default: return try scalar()
    }
  }

  private mutating func object(depth: Int) throws -> HeaderJSON {
    var members: [HeaderJSON.Member] = []
    var keys = Set<String>()
    position += 1
    skipSpace()
    if take("}") { return .object([]) }
    while true {
      skipSpace()
      guard peek() == UInt8(ascii: "\"") else { throw syntax("expected a key in quotes") }
      let start = position
      let key = try string()
      guard keys.insert(key).inserted else {
        throw HeaderJSON.SyntaxError(reason: .duplicateKey(key), offset: start)
      }
      skipSpace()
      guard take(":") else { throw syntax("expected ':'") }
      members.append(.init(key: key, value: try value(depth: depth + 1)))
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw syntax("expected ',' or '}'") }
    }
  }

  private mutating func array(depth: Int) throws -> HeaderJSON {
    var elements: [HeaderJSON] = []
    position += 1
    skipSpace()
    if take("]") { return .array([]) }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw syntax("expected ',' or ']'") }
    }
  }

  private mutating func scalar() throws -> HeaderJSON {
    let start = position
    while let byte = peek(), !" \t\r\n,]}:\"{[".utf8.contains(byte) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    let isDecimal =
      !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    if isDecimal, text == "0" || !text.hasPrefix("0"), let integer = Int(text) { return .integer(integer) }
    let isNumber = text.first.map { $0 == "-" || $0.isNumber } ?? false
    guard isNumber || ["true", "false", "null"].contains(text) else {
      position = start
      throw syntax("expected a value")
    }
    return .other(text)
  }

  private mutating func string() throws -> String {
    position += 1
    var content: [UInt8] = []
    while let byte = peek() {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        return String(decoding: content, as: UTF8.self)
      case UInt8(ascii: "\\"):
        content += Array(String(try escaped()).utf8)
      case 0..<0x20:
        position -= 1
        throw syntax("a control character in a string")
      default:
        content.append(byte)
      }
    }
    throw syntax("a string without an end")
  }

  private mutating func escaped() throws -> Unicode.Scalar {
    guard let byte = peek() else { throw syntax("ends inside an escape") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default:
      position -= 1
      throw syntax("an unknown escape")
    }
  }

  /// The scalar after `\u`: four hexadecimal digits, or a pair of surrogates.
  private mutating func unicodeEscape() throws -> Unicode.Scalar {
    let first = try hexadecimalUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, take("\\"), take("u") else { throw syntax("half a surrogate pair") }
    let second = try hexadecimalUnit()
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw syntax("half a surrogate pair") }
    return scalar
  }

  private mutating func hexadecimalUnit() throws -> UInt32 {
    guard position + 4 <= bytes.count else { throw syntax("ends inside an escape") }
    var unit: UInt32 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw syntax("\\u needs four hexadecimal digits")
      }
      unit = unit << 4 | UInt32(digit)
    }
    position += 4
    return unit
  }

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ expected: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: expected) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek(), " \t\r\n".utf8.contains(byte) { position += 1 }
  }

  private func syntax(_ reason: String) -> HeaderJSON.SyntaxError {
    .init(reason: .syntax(reason), offset: position)
  }
}
