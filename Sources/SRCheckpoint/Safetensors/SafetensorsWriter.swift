import Foundation
import SRFiles

/// The precision of the numbers in a weight file. Training keeps float32.
package enum WeightPrecision: String, CaseIterable, Sendable {
  case float32
  /// IEEE binary16.
  case float16
  case bfloat16

  /// The type's name in a safetensors header.
  var dtype: String {
    switch self {
    case .float32: "F32"
    case .float16: "F16"
    case .bfloat16: "BF16"
    }
  }

  var bytesPerValue: Int { self == .float32 ? 4 : 2 }

  /// From this magnitude on, the nearest number is infinite.
  package var overflow: Float {
    switch self {
    case .float32: .infinity
    // The largest number is 65504, and the next step would be 65536.
    case .float16: 65520
    case .bfloat16: Float(bitPattern: 0x7F7F_8000)
    }
  }
}

/// Writes tensors as a safetensors file. The same tensors and metadata always give the same bytes.
package struct SafetensorsWriter {
  package struct Tensor: Sendable {
    package let name: String
    package let shape: [Int]
    /// Row-major.
    package let values: [Float]

    /// Precondition: `values.count` is the product of `shape`.
    package init(name: String, shape: [Int], values: [Float]) {
      precondition(
        values.count == shape.reduce(1, *), "\(name): \(values.count) values given for shape \(shape)")
      self.name = name
      self.shape = shape
      self.values = values
    }
  }

  private let tensors: [Tensor]
  private let precision: WeightPrecision
  private let header: String

  /// Prepares a file of `tensors`, in this order. Values are rounded to the nearest of `precision`, ties to even.
  ///
  /// Precondition: names are unique, and none is `__metadata__`.
  package init(
    tensors: [Tensor], metadata: [String: String] = [:], precision: WeightPrecision = .float32
  ) {
    self.precision = precision
    var names: Set<String> = ["__metadata__"]
    var members: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }
        .map { "\(HeaderJSON.quoted($0.key)):\(HeaderJSON.quoted($0.value))" }
      members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    for tensor in tensors {
      precondition(names.insert(tensor.name).inserted, "two tensors are called \(tensor.name)")
      let end = offset + precision.bytesPerValue * tensor.values.count
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      members.append(
        "\(HeaderJSON.quoted(tensor.name)):"
          + "{\"dtype\":\"\(precision.dtype)\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    let text = "{\(members.joined(separator: ","))}"
    // For readers that map the file, the data are aligned to 8 bytes.
    header = text + String(repeating: " ", count: (8 - text.utf8.count % 8) % 8)
    self.tensors = tensors
  }

  /// The size of the whole file in bytes.
  package var byteCount: Int {
    8 + header.utf8.count + tensors.reduce(0) { $0 + precision.bytesPerValue * $1.values.count }
  }

  /// Writes the file under a temporary name, flushes it, and renames it to `path`. A reader sees the old file or the new one,
  /// never a part. Throws ``SafetensorsError``.
  package func write(to path: String) throws {
    do {
      try write(to: DurableFileWriter(replacing: path))
    } catch let error as FileError {
      throw SafetensorsError(path: path, .file(error.needing(byteCount)))
    }
  }

  /// Writes and flushes a new file at `path`. Throws ``FileError``.
  func write(creating path: String) throws -> FileDigest {
    try write(to: DurableFileWriter(creating: path))
  }

  @discardableResult
  private func write(to file: DurableFileWriter) throws -> FileDigest {
    try withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { try file.write($0) }
    try file.write(header.utf8)
    for tensor in tensors {
      try LittleEndianFloats.withBytes(of: tensor.values, precision) { try file.write($0) }
    }
    return try file.finish()
  }
}

/// Floats as they lie in files and as hashes see them.
package enum LittleEndianFloats {
  /// Calls `body` with the little-endian bytes of `values`. A little-endian machine makes no copy.
  package static func withBytes<Result>(
    of values: [Float], _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    #if _endian(little)
      return try values.withUnsafeBytes(body)
    #else
      return try values.map { $0.bitPattern.littleEndian }.withUnsafeBytes(body)
    #endif
  }

  /// Calls `body` with the little-endian bytes of `values`, rounded to `precision`.
  package static func withBytes<Result>(
    of values: [Float], _ precision: WeightPrecision, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    switch precision {
    case .float32: try withBytes(of: values, body)
    case .float16: try values.map { halfBits($0).littleEndian }.withUnsafeBytes(body)
    case .bfloat16: try values.map { bfloat16Bits($0).littleEndian }.withUnsafeBytes(body)
    }
  }

  /// The nearest bfloat16, ties to even. Not a number stays not a number.
  private static func bfloat16Bits(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
    return UInt16(truncatingIfNeeded: (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
  }

  /// The nearest IEEE binary16, ties to even. Not every platform has `Float16`.
  private static func halfBits(_ value: Float) -> UInt16 {
    let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 16) & 0x8000
    if value.isNaN { return sign | 0x7E00 }
    let magnitude = value.magnitude
    // From here on, the nearest number is infinite.
    if magnitude >= WeightPrecision.float16.overflow { return sign | 0x7C00 }
    // Below the smallest normal number, the distance of neighbours is 2^-24; above, it is 2^-10 of the power of two.
    let unit =
      magnitude < 0x1p-14 ? 0x1p-24 : Float(sign: .plus, exponent: magnitude.exponent - 10, significand: 1)
    let steps = UInt16((magnitude / unit).rounded(.toNearestOrEven))
    if magnitude < 0x1p-14 { return sign | steps }
    // `steps` is from 1024 to 2048. At 2048 the carry raises the exponent.
    return sign | (UInt16(magnitude.exponent + 15) << 10) + (steps - 1024)
  }
}
