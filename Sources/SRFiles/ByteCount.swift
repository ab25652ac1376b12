/// A number of bytes as people write it: `800M` or `2G`.
package struct ByteCount: Equatable, Sendable, LosslessStringConvertible {
  package let bytes: Int

  package init(_ bytes: Int) { self.bytes = bytes }

  /// Digits, and a suffix for powers of 1024: `K`, `M`, `G` or `T`. Nil for any other text, for 0 and for what is too large.
  package init?(_ description: String) {
    var digits = Substring(description)
    var shift = 0
    if let position = Self.suffixes.firstIndex(where: { description.uppercased().last == $0 }) {
      shift = 10 * (position + 1)
      digits = digits.dropLast()
    }
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
      number > 0, number <= Int.max >> shift
    else { return nil }
    bytes = number << shift
  }

  /// Rounded up to a whole number of mebibytes, such as `912M`.
  package var description: String { "\(bytes >> 20 + (bytes & ((1 << 20) - 1) == 0 ? 0 : 1))M" }

  private static let suffixes: [Character] = ["K", "M", "G", "T"]
}
