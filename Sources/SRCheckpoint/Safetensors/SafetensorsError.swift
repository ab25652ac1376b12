import SRFiles

/// A safetensors file cannot be read, or does not hold what is needed.
package struct SafetensorsError: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Problem: Equatable, Sendable {
    /// The system could not open, map, or write the file.
    case file(FileError)
    /// The file looks like one of another format.
    case otherFormat(FileKind)
    /// The file has fewer than the 8 bytes that hold the header's length.
    case tooShort(bytes: Int)
    case headerTooLong(bytes: UInt64, limit: Int)
    case headerBeyondFile(headerBytes: Int, fileBytes: Int)
    /// The header's first byte is not `{`.
    case headerStart(byte: UInt8)
    case headerNotUTF8
    case headerSyntax(reason: String, offset: Int)
    case duplicateKey(String)
    /// `__metadata__` is not an object of strings.
    case metadataNotStrings(key: String?)
    /// A field of a tensor's description is absent, unknown or of the wrong kind.
    case field(String, reason: String)
    case unknownDType(String)
    /// The product of shape and element size overflows an integer.
    case sizeOverflow(shape: [Int])
    case wrongByteCount(shape: [Int], dtype: SafetensorsDType, expected: Int, found: Int)
    case endBeforeBegin(begin: Int, end: Int)
    /// The tensor does not begin where the one before it ends.
    case notContiguous(expectedBegin: Int, found: Int)
    /// The tensors do not end where the file ends.
    case dataNotCovered(tensorBytes: Int, dataBytes: Int)
    /// The tensor's elements cannot be taken as floats.
    case notFloatingPoint(SafetensorsDType)
    case noSuchTensor
    case parameterMismatch(ParameterMismatch)
    /// The metadata or the tensors are not those of a known network.
    case unknownModel(String)
  }

  package let path: String
  /// The tensor in question, if the problem is with one tensor.
  package let tensor: String?
  package let problem: Problem

  package init(path: String, tensor: String? = nil, _ problem: Problem) {
    self.path = path
    self.tensor = tensor
    self.problem = problem
  }

  package var description: String {
    // The system's error names the file.
    if case .file(let error) = problem, tensor == nil, error.path == path { return "\(error)" }
    let place = tensor.map { "\(path): tensor \($0)" } ?? path
    return "\(place): \(problem)"
  }
}

extension SafetensorsError.Problem: CustomStringConvertible {
  package var description: String {
    switch self {
    case .file(let error):
      return "\(error)"
    case .otherFormat(let kind):
      return "not a safetensors file but \(kind)"
    case .tooShort(let bytes):
      return "not a safetensors file: it has \(bytes) bytes, and the header's length alone takes 8"
    case .headerTooLong(let bytes, let limit):
      return "not a safetensors file: it claims a header of \(bytes) bytes, at most \(limit) are allowed"
    case .headerBeyondFile(let headerBytes, let fileBytes):
      return "truncated: a header of \(headerBytes) bytes is announced, the file has \(fileBytes) in all"
    case .headerStart(let byte):
      return "not a safetensors file: the header starts with byte \(byte), expected '{'"
    case .headerNotUTF8:
      return "the header is not UTF-8"
    case .headerSyntax(let reason, let offset):
      return "the header is not JSON: \(reason) at byte \(offset)"
    case .duplicateKey(let key):
      return "the header holds the key \"\(key)\" twice"
    case .metadataNotStrings(let key):
      return key.map { "__metadata__ maps \"\($0)\" to something that is not a string" }
        ?? "__metadata__ is not an object"
    case .field(let field, let reason):
      return "field \"\(field)\" \(reason)"
    case .unknownDType(let name):
      return "unknown dtype \"\(name)\""
    case .sizeOverflow(let shape):
      return "the size of shape \(shape) overflows"
    case .wrongByteCount(let shape, let dtype, let expected, let found):
      return "\(dtype.rawValue) of shape \(shape) takes \(expected) bytes, data_offsets span \(found)"
    case .endBeforeBegin(let begin, let end):
      return "data_offsets end at \(end), before they begin at \(begin)"
    case .notContiguous(let expectedBegin, let found):
      return "data_offsets begin at \(found), expected \(expectedBegin): "
        + (found > expectedBegin ? "there is a hole before it" : "it overlaps the one before it")
    case .dataNotCovered(let tensorBytes, let dataBytes):
      return tensorBytes > dataBytes
        ? "truncated: the tensors need \(tensorBytes) bytes of data, the file has \(dataBytes)"
        : "the tensors end at byte \(tensorBytes) of the data, the file has \(dataBytes)"
    case .notFloatingPoint(let dtype):
      return "has dtype \(dtype.rawValue), expected one of F32, F16, BF16, F64"
    case .noSuchTensor:
      return "is not in the file"
    case .parameterMismatch(let mismatch):
      return "\(mismatch)"
    case .unknownModel(let reason):
      return "is not a weight file of a network that srdist knows: \(reason)"
    }
  }
}
