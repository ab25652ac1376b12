/// A number of bytes as people write it: `800M`, `2G` or `1GiB`.
package struct ByteCount: Equatable, Sendable, LosslessStringConvertible {
  package let bytes: Int

  package init(_ bytes: Int) { self.bytes = bytes }

  /// Digits, and a suffix for powers of 1024: `K`, `M`, `G` or `T`, or `KiB`, ... Nil for any other text, for 0 and for what is
  /// too large.
  package init?(_ description: String) {
    var digits = Substring(description)
    var shift = 0
    if description.lowercased().hasSuffix("ib") { digits = digits.dropLast(2) }
    let hasUnit = digits.count < description.count
    let suffix = digits.uppercased().last
    let position = Self.suffixes.firstIndex { suffix == $0 }
    if hasUnit, position == nil { return nil }
    if let position {
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
