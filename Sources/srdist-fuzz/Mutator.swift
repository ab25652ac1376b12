import SRTensor

/// Makes broken files of sound ones. The files are a function of the seed and the number of the input.
struct Mutator {
  let seeds: [[UInt8]]
  let seed: UInt64

  /// Grows no larger than this, so that each input takes little time.
  private static let largest = 1 << 17

  /// Numbers at the edges of what types and formats can hold.
  private static let numbers = [
    "0", "-0", "-1", "1", "127", "128", "255", "256", "65535", "65536", "2147483647", "2147483648",
    "4294967296",
    "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "18446744073709551615", "18446744073709551616", "1e19", "1e308", "1e309", "-1e309", "1e-400", "0.5",
    "NaN",
    "null", "true", "\"\"", "[]", "{}",
  ]

  /// The input with a number. The first ones are the seeds themselves.
  func input(_ number: Int) -> [UInt8] {
    if number < seeds.count { return seeds[number] }
    var generator = PhiloxGenerator(
      seed: seed, stream: UInt32(truncatingIfNeeded: number),
      substream: UInt32(truncatingIfNeeded: number >> 32))
    var bytes = seeds[Int.random(in: 0..<seeds.count, using: &generator)]
    // Mostly few changes: after many, the first line of the parser refuses the file.
    for _ in 0...(Int.random(in: 0..<6, using: &generator) * Int.random(in: 0..<3, using: &generator)) {
      change(&bytes, using: &generator)
    }
    return Array(bytes.prefix(Self.largest))
  }

  private func change(_ bytes: inout [UInt8], using generator: inout PhiloxGenerator) {
    func below(_ bound: Int) -> Int { Int.random(in: 0..<max(bound, 1), using: &generator) }
    /// A short stretch of the file, more often a very short one.
    func stretch(of bytes: [UInt8]) -> Range<Int> {
      let start = below(bytes.count)
      return start..<min(start + below(1 << below(11)), bytes.count)
    }
    let at = below(bytes.count)
    switch below(12) {
    case 0 where !bytes.isEmpty: bytes[at] ^= 1 << UInt8(below(8))
    case 1 where !bytes.isEmpty: bytes[at] = UInt8(below(256))
    case 2 where !bytes.isEmpty:
      bytes[at] = [0, 1, 0x7F, 0x80, 0xFF, 0x22, 0x7B, 0x7D, 0x2C, 0x0A][below(10)]
    case 3: bytes.removeSubrange(stretch(of: bytes))
    case 4: bytes.removeSubrange(at...)
    case 5: bytes.insert(contentsOf: Array(bytes[stretch(of: bytes)]), at: at)
    case 6:
      let other = seeds[below(seeds.count)]
      bytes.insert(contentsOf: Array(other[stretch(of: other)]), at: at)
    case 7:
      let other = seeds[below(seeds.count)]
      bytes = Array(bytes.prefix(at) + other.dropFirst(below(other.count)))
    case 8 where bytes.count >= 8:
      // A binary number at the edge of its type, in either order of bytes.
      let width = [2, 4, 8][below(3)]
      let value = [0, 1, -1, 1 << 15, 1 << 31, Int.max, Int.min, bytes.count][below(8)] &+ below(3) &- 1
      let digits = (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
      let place = below(bytes.count - width + 1)
      bytes.replaceSubrange(place..<place + width, with: below(2) == 0 ? digits : digits.reversed())
    default:
      // A written number becomes another one.
      guard let start = bytes[at...].firstIndex(where: { (0x30...0x39).contains($0) }) else { return }
      let end = bytes[start...].firstIndex { !(0x30...0x39).contains($0) } ?? bytes.count
      bytes.replaceSubrange(start..<end, with: Array(Self.numbers[below(Self.numbers.count)].utf8))
    }
  }
}
