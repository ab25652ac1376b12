/// Pictures of a few bytes that make a careless decoder take gigabytes or minutes.
package enum HostilePictures {
  /// A black PNG with a 1-bit palette of grey.
  ///
  /// - Parameters:
  ///   - texts: the number of compressed texts before the pixels.
  ///   - textBytes: the size of each text, uncompressed.
  package static func png(width: Int, height: Int, texts: Int = 0, textBytes: Int = 0) -> [UInt8] {
    let header = bigEndian(width, bytes: 4) + bigEndian(height, bytes: 4) + [1, 0, 0, 0, 0]
    var file: [UInt8] = [0x89] + Array("PNG\r\n\u{1A}\n".utf8) + chunk("IHDR", header)
    let text =
      texts == 0
      ? [] : chunk("zTXt", Array("Comment".utf8) + [0, 0] + compressed(UInt8(ascii: "a"), textBytes))
    for _ in 0..<texts { file += text }
    return file + chunk("IDAT", compressed(0, height * (1 + (width + 7) / 8))) + chunk("IEND", [])
  }

  /// A chunk of a PNG.
  package static func chunk(_ kind: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(kind.utf8) + content
    return bigEndian(content.count, bytes: 4) + body + bigEndian(Int(crc32(body)), bytes: 4)
  }

  /// A grey progressive JPEG: one scan of the blocks' means, all 0, and `scans - 1` scans of the other coefficients, all 0.
  ///
  /// `width` and `height` are multiples of 8. There are at most 16384 blocks of 8 x 8 pixels.
  package static func progressiveJPEG(width: Int, height: Int, scans: Int) -> [UInt8] {
    let blocks = width / 8 * (height / 8)
    let frame = [8] + bigEndian(height, bytes: 2) + bigEndian(width, bytes: 2) + [1, 1, 0x11, 0]
    var file: [UInt8] = [0xFF, 0xD8]
    file += segment(0xDB, [0] + [UInt8](repeating: 1, count: 64)) + segment(0xC2, frame)
    // One code of one bit each: "no difference" for the means, and "no more coefficients in 2^14 or more blocks".
    let oneCode: [UInt8] = [1] + [UInt8](repeating: 0, count: 15)
    file += segment(0xC4, [0x00] + oneCode + [0x00]) + segment(0xC4, [0x10] + oneCode + [0xE0])
    // A segment of entropy-coded data ends with ones.
    var means = BitWriter(bitOrder: .highFirst)
    means.append(0, bits: blocks)
    file += segment(0xDA, [1, 1, 0x00, 0, 0, 0]) + means.padded(with: 1)
    var rest = BitWriter(bitOrder: .highFirst)
    rest.append(0, bits: 15)
    for _ in 1..<max(scans, 1) { file += segment(0xDA, [1, 1, 0x00, 1, 63, 0]) + rest.padded(with: 1) }
    return file + [0xFF, 0xD9]
  }

  /// The start of a progressive JPEG of three components. It has no scan's data, and is enough to measure the picture.
  package static func progressiveHeader(width: Int, height: Int) -> [UInt8] {
    let components: [UInt8] = [3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]
    return [0xFF, 0xD8]
      + segment(0xC2, [8] + bigEndian(height, bytes: 2) + bigEndian(width, bytes: 2) + components)
      + segment(0xDA, [3, 1, 0, 2, 0, 3, 0, 0, 0, 0])
  }

  private static func segment(_ marker: UInt8, _ content: [UInt8]) -> [UInt8] {
    [0xFF, marker] + bigEndian(content.count + 2, bytes: 2) + content
  }

  private static func bigEndian(_ value: Int, bytes: Int) -> [UInt8] {
    (0..<bytes).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// A byte, repeated at least once, as a zlib stream (RFC 1950 and 1951). A match of 258 bytes takes two bits, the fewest that
  /// are possible.
  private static func compressed(_ byte: UInt8, _ count: Int) -> [UInt8] {
    let matches = (count - 1) / 258
    var bits = BitWriter(bitOrder: .lowFirst)
    bits.append(0b101, bits: 3)  // the last block, with codes of its own
    bits.append(29, bits: 5)  // 286 lengths for literals and matches
    bits.append(0, bits: 5)  // one length for distances
    bits.append(14, bits: 4)  // 18 lengths for the code of the lengths below
    let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1]
    for symbol in order { bits.append([18: 1, 1: 2, 2: 2][symbol] ?? 0, bits: 3) }
    // The code is 18 (a run of zeros, less 11): 0, 1: 10, 2: 11. Codes are written from their first bit.
    func length(_ symbol: Int, run: Int = 0) {
      if symbol == 18 { bits.append(0, bits: 1) } else { bits.append(symbol == 1 ? 0b01 : 0b11, bits: 2) }
      if symbol == 18 { bits.append(run - 11, bits: 7) }
    }
    /// A run of `count` zeros, which is 0 or at least 11.
    func zeros(_ count: Int) {
      if count > 0 { length(18, run: min(count, 138)) }
      if count > 138 { length(18, run: count - 138) }
    }
    zeros(Int(byte))
    length(2)  // the byte: 10
    zeros(255 - Int(byte))
    length(2)  // the end, 256: 11
    length(18, run: 28)
    length(1)  // a match of 258, 285: 0
    length(1)  // the distance 1: 0
    for _ in 0..<count - matches * 258 { bits.append(0b01, bits: 2) }
    for _ in 0..<matches { bits.append(0, bits: 2) }
    bits.append(0b11, bits: 2)
    // Adler-32: the sum of the bytes and 1, and the sum of those sums.
    let sum = (1 + count * Int(byte)) % 65521
    let sumOfSums = (count + Int(byte) * count * (count + 1) / 2) % 65521
    return [0x78, 0x9C] + bits.padded(with: 0) + bigEndian(sumOfSums << 16 | sum, bytes: 4)
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
  }
}

/// Packs bits into bytes.
private struct BitWriter {
  enum BitOrder { case lowFirst, highFirst }

  let bitOrder: BitOrder
  private var bytes: [UInt8] = []
  private var count = 0

  init(bitOrder: BitOrder) { self.bitOrder = bitOrder }

  /// Appends the lowest bits of `value`, the lowest first. Bits above the 63rd are 0.
  mutating func append(_ value: Int, bits: Int) {
    for bit in 0..<bits { append(bit < 64 ? UInt8(value >> bit & 1) : 0) }
  }

  /// The bytes, the last one filled with a bit.
  func padded(with bit: UInt8) -> [UInt8] {
    var copy = self
    while copy.count % 8 != 0 { copy.append(bit) }
    return copy.bytes
  }

  private mutating func append(_ bit: UInt8) {
    if count % 8 == 0 { bytes.append(0) }
    bytes[count / 8] |= bit << (bitOrder == .lowFirst ? count % 8 : 7 - count % 8)
    count += 1
  }
}
