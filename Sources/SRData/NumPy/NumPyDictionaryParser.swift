/// Reads the Python dictionary literal of a `.npy` header, and only that: three known keys, each once; a
/// string, `True` or `False`, and a tuple of integers.
struct NumPyDictionaryParser {
  struct Failure: Error {
    let expected: String
    let found: String
  }

  private var rest: Substring

  static func parse(_ text: String) throws(Failure) -> NumPyHeader {
    var parser = NumPyDictionaryParser(rest: Substring(text))
    return try parser.dictionary()
  }

  private mutating func dictionary() throws(Failure) -> NumPyHeader {
    var elementType: String?
    var isFortranOrder: Bool?
    var shape: [Int]?
    try take("{")
    while !takes("}") {
      let key = try string()
      try take(":")
      switch key {
      case "descr" where elementType == nil: elementType = try dtype()
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try boolean()
      case "shape" where shape == nil: shape = try tuple()
      default:
        throw Failure(expected: "the keys descr, fortran_order and shape, each once", found: "'\(key)'")
      }
      if !takes(",") {
        try take("}")
        break
      }
    }
    skipSpaces()
    guard rest.isEmpty else { throw Failure(expected: "nothing after }", found: found) }
    guard let elementType, let isFortranOrder, let shape else {
      throw Failure(expected: "the keys descr, fortran_order and shape", found: "fewer")
    }
    return NumPyHeader(elementType: elementType, isFortranOrder: isFortranOrder, shape: shape)
  }

  private mutating func dtype() throws(Failure) -> String {
    skipSpaces()
    guard rest.first != "[" else {
      throw Failure(expected: "elements of one number each", found: "a structured dtype")
    }
    return try string()
  }

  private mutating func boolean() throws(Failure) -> Bool {
    if takes("True") { return true }
    if takes("False") { return false }
    throw Failure(expected: "True or False", found: found)
  }

  private mutating func string() throws(Failure) -> String {
    skipSpaces()
    guard let quote = rest.first, quote == "'" || quote == "\"" else {
      throw Failure(expected: "a quoted string", found: found)
    }
    let body = rest.dropFirst().prefix { $0 != quote && $0 != "\\" }
    let after = rest.dropFirst(1 + body.count)
    guard after.first == quote else { throw Failure(expected: "a closing quote", found: found) }
    rest = after.dropFirst()
    return String(body)
  }

  private mutating func tuple() throws(Failure) -> [Int] {
    var sizes: [Int] = []
    try take("(")
    while !takes(")") {
      skipSpaces()
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard let size = Int(digits) else { throw Failure(expected: "a dimension", found: found) }
      rest = rest.dropFirst(digits.count)
      sizes.append(size)
      if !takes(",") {
        // Python reads `(3)` as a number: a tuple of one needs its comma.
        guard sizes.count > 1 else { throw Failure(expected: "a comma after the dimension", found: found) }
        try take(")")
        break
      }
    }
    return sizes
  }

  private mutating func take(_ token: String) throws(Failure) {
    guard takes(token) else { throw Failure(expected: "'\(token)'", found: found) }
  }

  private mutating func takes(_ token: String) -> Bool {
    skipSpaces()
    guard rest.hasPrefix(token) else { return false }
    rest = rest.dropFirst(token.count)
    return true
  }

  private mutating func skipSpaces() { rest = rest.drop { $0 == " " || $0 == "\n" } }

  private var found: String { rest.isEmpty ? "the end" : "'\(rest.prefix(12))'" }
}
