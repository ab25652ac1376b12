import Foundation

/// Reads a run's event files as TensorBoard does. Knows nothing of how they are written.
package enum EventReader {
  package struct Value: Equatable, Sendable {
    package let step: Int
    /// The encoded value: a number or a picture.
    package let bytes: [UInt8]

    package var withoutBytes: Value { Value(step: step, bytes: []) }
  }

  /// The values by tag, in the order of the files.
  ///
  /// Files are read in the order of their names. The start of a session removes the values of its step and of later ones. A
  /// file is read up to its first incomplete or damaged record.
  package static func values(in folder: String) throws -> [String: [Value]] {
    var values: [String: [Value]] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
      let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
      for record in records(of: file) {
        let event = fields(of: record)
        let step = event.last { $0.number == 2 }.map { Int($0.value) } ?? 0
        if event.contains(where: { $0.number == 7 }) {
          for tag in values.keys { values[tag]?.removeAll { $0.step >= step } }
        }
        for summary in event where summary.number == 5 {
          for value in fields(of: summary.bytes) where value.number == 1 {
            let parts = fields(of: value.bytes)
            let tag = parts.first { $0.number == 1 }.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
            let content = parts.filter { $0.number != 1 }.flatMap { $0.bytes }
            values[tag, default: []].append(Value(step: step, bytes: content))
          }
        }
      }
    }
    return values
  }

  /// The times of a file's events, in seconds since 1970.
  package static func times(inFile path: String) throws -> [Double] {
    records(of: [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))).map { record in
      Double(bitPattern: number(fields(of: record).first { $0.number == 1 }?.bytes ?? []))
    }
  }

  /// A record is its length in 8 bytes, 4 bytes of a checksum, the data, and 4 bytes of another checksum.
  private static func records(of file: [UInt8]) -> [[UInt8]] {
    var (records, offset) = ([[UInt8]](), 0)
    while file.count - offset >= 16 {
      let length = Int(truncatingIfNeeded: number(file[offset..<offset + 8]))
      // srdist writes no empty record. A file that lost its end may have zeros.
      guard length > 0, length <= file.count - offset - 16 else { break }
      records.append(Array(file[offset + 12..<offset + 12 + length]))
      offset += length + 16
    }
    return records
  }

  private static func number(_ bytes: some Collection<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The fields of an encoded protocol buffer message: numbers of any kind, texts and messages.
  private static func fields(of message: [UInt8]) -> [(number: Int, value: UInt64, bytes: [UInt8])] {
    var rest = message[...]
    func varint() -> UInt64 {
      var (value, shift): (UInt64, UInt64) = (0, 0)
      while let byte = rest.popFirst() {
        value |= UInt64(byte & 127) << shift
        shift += 7
        if byte < 128 { break }
      }
      return value
    }
    func take(_ count: Int) -> [UInt8] {
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    var fields: [(Int, UInt64, [UInt8])] = []
    while !rest.isEmpty {
      let key = varint()
      let number = Int(key >> 3)
      switch key & 7 {
      case 0: fields.append((number, varint(), []))
      case 1: fields.append((number, 0, take(8)))
      case 2: fields.append((number, 0, take(Int(varint()))))
      default: fields.append((number, 0, take(4)))
      }
    }
    return fields
  }
}
