import SRFiles

/// The header of a `.npy` file, format versions 1 to 3: the type of the elements and their number.
///
/// Layout: `\x93NUMPY`, two version bytes, the header's length (16 bits in version 1, later 32 bits), then a Python
/// dictionary with the keys `descr`, `fortran_order` and `shape`, padded with spaces and ended by a newline.
/// Source: NumPy enhancement proposal 1 and `numpy.lib.format`.
package struct NumPyHeader: Sendable, Equatable {
  /// NumPy's name for the element type, such as `|u1` (bytes) or `<f4` (little-endian floats).
  package let elementType: String
  package let isFortranOrder: Bool
  package let shape: [Int]

  package init(elementType: String, isFortranOrder: Bool = false, shape: [Int]) {
    self.elementType = elementType
    self.isFortranOrder = isFortranOrder
    self.shape = shape
  }

  /// Whether the elements are bytes without sign, by any name that NumPy itself accepts in a header. A byte has no order, so
  /// all marks of byte order mean the same.
  package var hasByteElements: Bool {
    let code =
      elementType.first.map { "|<>=".contains($0) } == true ? elementType.dropFirst() : elementType[...]
    return code == "u1" || code == "B" || elementType == "uint8" || elementType == "ubyte"
  }

  /// Whether a file that begins so is a `.npy` file, sound or not. Eight bytes are enough to tell.
  package static func begins(_ beginning: [UInt8]) -> Bool { beginning.starts(with: magic) }

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// The elements start at a multiple of so many bytes.
  private static let alignment = 64

  /// The header as `numpy.save` writes it, version 1.
  package func encoded() -> [UInt8] {
    let sizes = shape.count == 1 ? "\(shape[0])," : shape.map(String.init).joined(separator: ", ")
    let order = isFortranOrder ? "True" : "False"
    var dictionary = Array(
      "{'descr': '\(elementType)', 'fortran_order': \(order), 'shape': (\(sizes)), }".utf8)
    let unpadded = Self.magic.count + 4 + dictionary.count + 1
    let padding = (Self.alignment - unpadded % Self.alignment) % Self.alignment
    dictionary += [UInt8](repeating: UInt8(ascii: " "), count: padding) + [UInt8(ascii: "\n")]
    precondition(dictionary.count <= UInt16.max, "a shape of \(shape.count) dimensions")
    let length = UInt16(dictionary.count)
    return Self.magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + dictionary
  }

  /// Reads the header at the start of a file's bytes.
  /// - Returns: the header and the offset of the first element.
  /// - Throws: ``NumPyError`` if the bytes are not a header. Its text names `path`.
  package static func parse(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws(NumPyError) -> (header: NumPyHeader, dataOffset: Int) {
    func fail(_ expected: String, _ found: String) -> NumPyError {
      NumPyError(path: path, expected: expected, found: found)
    }
    guard bytes.starts(with: magic) else {
      throw fail("a .npy file, which starts with \\x93NUMPY", FileKind(bytes)?.description ?? "other bytes")
    }
    guard bytes.count >= 12 else { throw fail("a complete .npy header", "\(bytes.count) bytes") }
    let major = bytes[6]
    guard (1...3).contains(major), bytes[7] == 0 else {
      throw fail(".npy format version 1.0, 2.0 or 3.0", "version \(major).\(bytes[7])")
    }
    let lengthBytes = major == 1 ? 2 : 4
    let length = (0..<lengthBytes).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    let start = 8 + lengthBytes
    guard bytes.count - start >= length else {
      throw fail("a .npy header of \(start + length) bytes", "a file of \(bytes.count) bytes")
    }
    let text = String(decoding: bytes[start..<(start + length)], as: UTF8.self)
    do {
      return (try NumPyDictionaryParser.parse(text), start + length)
    } catch {
      throw fail(error.expected, "\(error.found) in the .npy header \(text.excerpt)")
    }
  }
}

extension String {
  /// The text without spaces and newlines at its end. A long text, such as pixels taken for a header, is cut.
  fileprivate var excerpt: String {
    var text = Substring(self)
    while let last = text.last, last.isWhitespace { text.removeLast() }
    let (printable, most) = (text.unicodeScalars.allSatisfy { (" "..."~").contains($0) }, 120)
    if printable && text.count <= most { return String(text) }
    return text.prefix(most).debugDescription + (text.count > most ? "..." : "")
  }
}

/// A `.npy` file that is damaged, or is not the array that is needed.
package struct NumPyError: Error, CustomStringConvertible, Sendable, Equatable {
  package let path: String
  package let expected: String
  package let found: String

  package init(path: String, expected: String, found: String) {
    self.path = path
    self.expected = expected
    self.found = found
  }

  package var description: String { "\(path): expected \(expected), found \(found)" }
}

/// Reads the Python dictionary literal of a `.npy` header, and nothing else: three known keys, each once. Their values are a
/// string, `True` or `False`, and a tuple of integers.
private struct NumPyDictionaryParser {
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
    // Python 2 marked a text with `u`.
    if rest.hasPrefix("u") { rest = rest.dropFirst() }
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
      // Python 2 marked a long integer with `L`.
      if rest.hasPrefix("L") { rest = rest.dropFirst() }
      sizes.append(size)
      if !takes(",") {
        // To Python, `(3)` is a number. A tuple of one element needs a comma.
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
