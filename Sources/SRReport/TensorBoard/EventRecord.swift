/// One record of a TFRecord file: the length, the length's checksum, the data, the data's checksum. Numbers are little-endian.
package enum EventRecord {
  package static func framed(_ data: [UInt8]) -> [UInt8] {
    let length = bytes(of: UInt64(data.count))
    return length + bytes(of: CRC32C.masked(length)) + data + bytes(of: CRC32C.masked(data))
  }

  /// The data of each record of a file, up to the first one that is damaged or incomplete. Data are not compared with their
  /// checksum.
  static func all(in bytes: UnsafeRawBufferPointer) -> some Sequence<Slice<UnsafeRawBufferPointer>> {
    sequence(state: 0) { offset in
      guard bytes.count - offset >= 16 else { return nil }
      let length = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
      let check = bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self).littleEndian
      guard check == CRC32C.masked(bytes[offset..<offset + 8]), length <= UInt64(bytes.count - offset - 16)
      else { return nil }
      let start = offset + 12
      offset = start + Int(length) + 4
      return bytes[start..<start + Int(length)]
    }
  }

  private static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}

/// The Castagnoli cyclic redundancy check (RFC 3720, appendix B.4), as TensorFlow's record files use it.
package enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
  }

  package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { sum, byte in sum >> 8 ^ table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] }
  }

  /// The checksum, rotated and with a constant added, so that data that contain checksums do not have the checksum zero.
  static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let sum = checksum(bytes)
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }
}
