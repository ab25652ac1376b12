import SRFiles

/// A safetensors file, mapped into memory. Its header is validated when the file is opened. A tensor is read when it is asked
/// for.
package struct SafetensorsFile: Sendable {
  package let path: String
  package let header: SafetensorsHeader
  private let file: MappedFile
  private let dataOffset: Int

  /// Opens the file at `path`. Throws ``SafetensorsError`` if it cannot be read or is malformed.
  package init(path: String) throws {
    do {
      file = try MappedFile(path: path)
    } catch let error as FileError {
      throw SafetensorsError(path: path, .file(error))
    }
    let headerLength = try file.withBytes { bytes in
      do {
        return try Self.headerLength(bytes, path: path)
      } catch {
        // Usually the file is of another kind, and the user wants to know of which.
        guard !bytes.isEmpty, let kind = FileKind(bytes) else { throw error }
        throw SafetensorsError(path: path, .otherFormat(kind))
      }
    }
    self.path = path
    dataOffset = 8 + headerLength
    header = try SafetensorsHeader(
      parsing: file.withBytes { [dataOffset] in Array($0[8..<dataOffset]) },
      dataLength: file.count - dataOffset, path: path)
  }

  /// The length that the first 8 bytes announce, if the rest of the file can be such a header.
  private static func headerLength(_ bytes: UnsafeRawBufferPointer, path: String) throws(SafetensorsError)
    -> Int
  {
    guard bytes.count >= 8 else { throw SafetensorsError(path: path, .tooShort(bytes: bytes.count)) }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(SafetensorsHeader.maximumLength) else {
      throw SafetensorsError(
        path: path, .headerTooLong(bytes: length, limit: SafetensorsHeader.maximumLength))
    }
    let headerLength = Int(length)
    guard headerLength <= bytes.count - 8 else {
      throw SafetensorsError(
        path: path, .headerBeyondFile(headerBytes: headerLength, fileBytes: bytes.count))
    }
    return headerLength
  }

  package var tensors: [SafetensorsHeader.Tensor] { header.tensors }
  package var metadata: [String: String] { header.metadata }

  /// The elements of the tensor called `name`, row-major. Throws ``SafetensorsError`` if there is no such tensor, or if its
  /// dtype is none of F32, F16, BF16 and F64.
  package func floats(named name: String) throws -> [Float] {
    guard let tensor = header.tensor(named: name) else {
      throw SafetensorsError(path: path, tensor: name, .noSuchTensor)
    }
    return try floats(tensor)
  }

  /// The elements of a tensor of this file, row-major, converted to `Float` (F64 is rounded to nearest).
  package func floats(_ tensor: SafetensorsHeader.Tensor) throws -> [Float] {
    let values = file.withBytes { bytes in
      tensor.dtype.floats(
        UnsafeRawBufferPointer(
          rebasing: bytes[dataOffset + tensor.range.lowerBound..<dataOffset + tensor.range.upperBound]))
    }
    guard let values else {
      throw SafetensorsError(path: path, tensor: tensor.name, .notFloatingPoint(tensor.dtype))
    }
    return values
  }
}

extension SafetensorsDType {
  /// Little-endian elements of this type as floats, F64 rounded to nearest. Nil if the type is none of F32, F16, BF16 and F64.
  func floats(_ bytes: UnsafeRawBufferPointer) -> [Float]? {
    func elements<Bits: FixedWidthInteger>(_: Bits.Type, _ convert: (Bits) -> Float) -> [Float] {
      (0..<bytes.count / MemoryLayout<Bits>.size).map { index in
        let offset = index * MemoryLayout<Bits>.size
        return convert(Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Bits.self)))
      }
    }
    switch self {
    case .float32: return elements(UInt32.self) { Float(bitPattern: $0) }
    case .float64: return elements(UInt64.self) { Float(Double(bitPattern: $0)) }
    case .bfloat16: return elements(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    case .float16: return elements(UInt16.self, Self.float(halfBits:))
    default: return nil
    }
  }

  /// Whether ``floats(_:)`` reads the type.
  var isFloatingPoint: Bool { [.float32, .float64, .bfloat16, .float16].contains(self) }

  /// IEEE binary16 to binary32. Not every platform has `Float16`.
  private static func float(halfBits bits: UInt16) -> Float {
    let magnitude = UInt32(bits & 0x7FFF)
    let sign = UInt32(bits & 0x8000) << 16
    let value: Float =
      magnitude >= 0x7C00
      ? Float(bitPattern: 0x7F80_0000 | (magnitude & 0x3FF) << 13)
      // The exponent field is moved, and the factor 2^112 corrects its bias. Subnormals come out right too.
      : Float(bitPattern: magnitude << 13) * 0x1p112
    return Float(bitPattern: value.bitPattern | sign)
  }
}
