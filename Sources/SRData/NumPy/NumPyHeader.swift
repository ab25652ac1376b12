/// The header of a `.npy` file, format versions 1 to 3: what the elements are and how many.
///
/// Layout: `\x93NUMPY`, two version bytes, the header's length (16 bits in version 1, 32 bits after), then a
/// Python dictionary with the keys `descr`, `fortran_order` and `shape`, padded with spaces to a newline.
/// Source: NumPy enhancement proposal 1 and `numpy.lib.format`.
package struct NumPyHeader: Sendable, Equatable {
  /// NumPy's name of the element type, such as `|u1` (bytes) or `<f4` (little-endian floats).
  package let elementType: String
  package let isFortranOrder: Bool
  package let shape: [Int]

  package init(elementType: String, isFortranOrder: Bool = false, shape: [Int]) {
    self.elementType = elementType
    self.isFortranOrder = isFortranOrder
    self.shape = shape
  }

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// The elements start at a multiple of this many bytes.
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
  /// - Throws: ``NumPyError`` where the bytes are not a header; `path` is for its text.
  package static func parse(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws(NumPyError) -> (header: NumPyHeader, dataOffset: Int) {
    func fail(_ expected: String, _ found: String) -> NumPyError {
      NumPyError(path: path, expected: expected, found: found)
    }
    guard bytes.starts(with: magic) else {
      throw fail("a .npy file, which starts with \\x93NUMPY", "other bytes")
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
  /// Without the spaces and newlines at the end; the beginning of what is long, such as pixels taken for a header.
  fileprivate var excerpt: String {
    var text = Substring(self)
    while let last = text.last, last.isWhitespace { text.removeLast() }
    let (printable, most) = (text.unicodeScalars.allSatisfy { (" "..."~").contains($0) }, 120)
    if printable && text.count <= most { return String(text) }
    return text.prefix(most).debugDescription + (text.count > most ? "..." : "")
  }
}

/// A `.npy` file that is damaged or not the array that is needed.
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
