/// A path as the system keeps it: bytes, which need not be UTF-8.
package struct BytePath: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Without a zero byte at the end.
  package let bytes: [UInt8]

  package init(bytes: [UInt8]) { self.bytes = bytes }

  package init(_ text: String) { bytes = Array(text.utf8) }

  /// The path of an entry of this folder. An empty path stands for no folder.
  package func appending(_ name: BytePath) -> BytePath {
    bytes.isEmpty ? name : BytePath(bytes: bytes + [UInt8(ascii: "/")] + name.bytes)
  }

  /// The path as text. In a path that is not UTF-8, each byte that does not belong to a character is written as `\xE9`.
  package var description: String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    var text = ""
    var rest = bytes[...]
    while let first = rest.first {
      let character = (1...4).lazy.compactMap { String(validating: rest.prefix($0), as: UTF8.self) }.first
      if let character {
        text += character
        rest = rest.dropFirst(character.utf8.count)
      } else {
        text += "\\x\(first < 16 ? "0" : "")" + String(first, radix: 16, uppercase: true)
        rest = rest.dropFirst()
      }
    }
    return text
  }

  /// By bytes, so that every machine has the same order.
  package static func < (left: BytePath, right: BytePath) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }

  /// Calls `body` with the path as the system's calls take it.
  package func withCString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
    try (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { try body($0.baseAddress!) }
  }
}
