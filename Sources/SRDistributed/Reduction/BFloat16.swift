/// bfloat16, the upper half of a float: a sign bit, 8 bits of exponent, 7 of fraction.
enum BFloat16 {
  /// The nearest bfloat16, ties to even. A NaN stays a NaN.
  @inline(__always)
  static func bits(of value: Float) -> UInt16 {
    let bits = value.bitPattern
    // Rounding could turn a NaN into an infinity, so its quiet bit is set instead.
    if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
  }

  @inline(__always)
  static func value(of bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

  /// Replaces `count` floats by their nearest bfloat16 values.
  static func round(_ values: UnsafeMutablePointer<Float>, count: Int) {
    for i in 0..<count { values[i] = value(of: bits(of: values[i])) }
  }

  /// Writes the upper halves of `count` floats that are bfloat16 values already.
  static func pack(_ values: UnsafePointer<Float>, into halves: UnsafeMutablePointer<UInt16>, count: Int) {
    for i in 0..<count { halves[i] = UInt16(truncatingIfNeeded: values[i].bitPattern >> 16) }
  }

  static func unpack(_ halves: UnsafePointer<UInt16>, into values: UnsafeMutablePointer<Float>, count: Int) {
    for i in 0..<count { values[i] = value(of: halves[i]) }
  }
}
