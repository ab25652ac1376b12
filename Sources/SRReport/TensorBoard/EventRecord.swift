/// One record of a TFRecord file: length, its check, data, their check; numbers little-endian.
package enum EventRecord {
  package static func framed(_ data: [UInt8]) -> [UInt8] {
    let length = bytes(of: UInt64(data.count))
    return length + bytes(of: CRC32C.masked(length)) + data + bytes(of: CRC32C.masked(data))
  }

  private static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}
