/// Floats as files and hashes see them.
enum LittleEndianFloats {
  /// Calls `body` with the little-endian bytes of `values`; without a copy where the machine is
  /// little-endian.
  static func withBytes<Result>(
    of values: [Float], _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    #if _endian(little)
      return try values.withUnsafeBytes(body)
    #else
      return try values.map { $0.bitPattern.littleEndian }.withUnsafeBytes(body)
    #endif
  }
}
