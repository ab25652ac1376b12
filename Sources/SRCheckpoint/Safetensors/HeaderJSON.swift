/// The JSON of a safetensors header, in the order of the file.
///
/// Foundation's decoders keep one of two equal keys without a word, and guess at encodings; a header that
/// does either is malformed, so it is read here.
enum HeaderJSON: Equatable {
  case object([Member])
  case array([HeaderJSON])
  case string(String)
  /// An unsigned integer that fits `Int`.
  case integer(Int)
  /// Any other number, `true`, `false` or `null`, as it is spelt: no field of a header may hold one.
  case other(String)

  struct Member: Equatable {
    let key: String
    let value: HeaderJSON
  }

  /// Why and where (byte offset) parsing stopped.
  struct SyntaxError: Error, Equatable {
    enum Reason: Equatable {
      case syntax(String)
      case duplicateKey(String)
    }
    let reason: Reason
    let offset: Int
  }

  /// Parses one value followed by nothing but white space. `bytes` is valid UTF-8. Throws ``SyntaxError``.
  init(parsing bytes: [UInt8]) throws {
    var parser = HeaderJSONParser(bytes: bytes)
    self = try parser.document()
  }

  /// `text` as a JSON string, quotes included.
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
