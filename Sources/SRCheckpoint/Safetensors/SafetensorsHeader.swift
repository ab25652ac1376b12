/// What a safetensors file says about its tensors, fully validated.
///
/// The format: 8 bytes with the header's length (little-endian), a JSON header, then the data. See the README of
/// github.com/huggingface/safetensors.
package struct SafetensorsHeader: Sendable, Equatable {
  package struct Tensor: Sendable, Equatable {
    package let name: String
    package let dtype: SafetensorsDType
    /// Row-major; empty for a scalar.
    package let shape: [Int]
    /// Where the tensor's bytes lie, counted from the header's end.
    package let range: Range<Int>
    /// Number of elements.
    package var count: Int { range.count / dtype.size }
  }

  /// The longest header that is accepted, in bytes. The reference implementation has the same limit.
  package static let maximumLength = 100_000_000

  /// In the order of their bytes.
  package let tensors: [Tensor]
  package let metadata: [String: String]

  package func tensor(named name: String) -> Tensor? { tensors.first { $0.name == name } }

  /// Parses and validates the header of the file at `path`, in which `dataLength` bytes follow the header.
  ///
  /// Throws ``SafetensorsError`` unless the tensors follow one another without hole or overlap and end exactly at the file's
  /// end.
  init(parsing bytes: [UInt8], dataLength: Int, path: String) throws {
    let members = try Self.members(of: bytes, path: path)
    var tensors: [Tensor] = []
    var metadata: [String: String] = [:]
    for member in members {
      if member.key == "__metadata__" {
        metadata = try Self.metadata(member.value, path: path)
      } else {
        tensors.append(try Self.tensor(member, path: path))
      }
    }
    // An empty tensor begins where another one does, and lies before it.
    tensors.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    var end = 0
    for tensor in tensors {
      guard tensor.range.lowerBound == end else {
        let problem = SafetensorsError.Problem.notContiguous(
          expectedBegin: end, found: tensor.range.lowerBound)
        throw SafetensorsError(path: path, tensor: tensor.name, problem)
      }
      end = tensor.range.upperBound
    }
    guard end == dataLength else {
      throw SafetensorsError(path: path, .dataNotCovered(tensorBytes: end, dataBytes: dataLength))
    }
    self.tensors = tensors
    self.metadata = metadata
  }

  private static func members(of bytes: [UInt8], path: String) throws -> [HeaderJSON.Member] {
    guard let first = bytes.first, first == UInt8(ascii: "{") else {
      throw SafetensorsError(path: path, .headerStart(byte: bytes.first ?? 0))
    }
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw SafetensorsError(path: path, .headerNotUTF8)
    }
    do {
      guard case .object(let members) = try HeaderJSON(parsing: bytes) else {
        throw SafetensorsError(path: path, .headerStart(byte: first))
      }
      return members
    } catch let error as HeaderJSON.SyntaxError {
      switch error.reason {
      case .syntax(let reason):
        throw SafetensorsError(path: path, .headerSyntax(reason: reason, offset: error.offset))
      case .duplicateKey(let key):
        throw SafetensorsError(path: path, .duplicateKey(key))
      }
    }
  }

  private static func metadata(_ value: HeaderJSON, path: String) throws -> [String: String] {
    guard case .object(let members) = value else {
      throw SafetensorsError(path: path, .metadataNotStrings(key: nil))
    }
    var metadata: [String: String] = [:]
    for member in members {
      guard case .string(let text) = member.value else {
        throw SafetensorsError(path: path, .metadataNotStrings(key: member.key))
      }
      metadata[member.key] = text
    }
    return metadata
  }

  private static func tensor(_ member: HeaderJSON.Member, path: String) throws -> Tensor {
    func failure(_ problem: SafetensorsError.Problem) -> SafetensorsError {
      SafetensorsError(path: path, tensor: member.key, problem)
    }
    guard case .object(let fields) = member.value else {
      throw failure(.field(member.key, reason: "is not an object"))
    }
    for field in fields where !["dtype", "shape", "data_offsets"].contains(field.key) {
      throw failure(.field(field.key, reason: "is unknown"))
    }
    func field(_ name: String) throws -> HeaderJSON {
      guard let field = fields.first(where: { $0.key == name }) else {
        throw failure(.field(name, reason: "is absent"))
      }
      return field.value
    }
    func integers(_ name: String) throws -> [Int] {
      guard case .array(let elements) = try field(name) else {
        throw failure(.field(name, reason: "is not an array"))
      }
      return try elements.map {
        guard case .integer(let value) = $0 else {
          throw failure(.field(name, reason: "holds something that is not an unsigned integer"))
        }
        return value
      }
    }
    guard case .string(let dtypeName) = try field("dtype") else {
      throw failure(.field("dtype", reason: "is not a string"))
    }
    guard let dtype = SafetensorsDType(rawValue: dtypeName) else { throw failure(.unknownDType(dtypeName)) }
    let shape = try integers("shape")
    let offsets = try integers("data_offsets")
    guard offsets.count == 2 else {
      throw failure(.field("data_offsets", reason: "has \(offsets.count) elements, expected 2"))
    }
    guard offsets[0] <= offsets[1] else {
      throw failure(.endBeforeBegin(begin: offsets[0], end: offsets[1]))
    }
    guard let expected = byteCount(shape: shape, dtype: dtype) else {
      throw failure(.sizeOverflow(shape: shape))
    }
    let found = offsets[1] - offsets[0]
    guard expected == found else {
      throw failure(.wrongByteCount(shape: shape, dtype: dtype, expected: expected, found: found))
    }
    return Tensor(name: member.key, dtype: dtype, shape: shape, range: offsets[0]..<offsets[1])
  }

  private static func byteCount(shape: [Int], dtype: SafetensorsDType) -> Int? {
    var bytes = dtype.size
    for dimension in shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: dimension)
      guard !overflow else { return nil }
      bytes = product
    }
    return bytes
  }
}

/// The element types of the safetensors format that fill whole bytes.
package enum SafetensorsDType: String, Sendable, CaseIterable, Codable {
  case bool = "BOOL"
  case uint8 = "U8"
  case int8 = "I8"
  case float8E4M3 = "F8_E4M3"
  case float8E5M2 = "F8_E5M2"
  case int16 = "I16"
  case uint16 = "U16"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int32 = "I32"
  case uint32 = "U32"
  case float32 = "F32"
  case int64 = "I64"
  case uint64 = "U64"
  case float64 = "F64"
  case complex64 = "C64"

  /// Bytes of one element.
  package var size: Int {
    switch self {
    case .bool, .uint8, .int8, .float8E4M3, .float8E5M2: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64, .complex64: 8
    }
  }
}
