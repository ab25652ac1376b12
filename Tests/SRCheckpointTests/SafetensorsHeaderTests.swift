import SRCheckpoint
import SRTestSupport
import Testing

/// One malformed file, and what its error must say.
struct MalformedFile: Sendable, CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]
  var tensor: String?
  let problem: SafetensorsError.Problem

  var testDescription: String { name }

  init(_ name: String, bytes: [UInt8], tensor: String? = nil, _ problem: SafetensorsError.Problem) {
    self.name = name
    self.bytes = bytes
    self.tensor = tensor
    self.problem = problem
  }

  init(
    _ name: String, header: String, data: Int = 8, tensor: String? = nil,
    _ problem: SafetensorsError.Problem
  ) {
    self.init(name, bytes: Self.file(Array(header.utf8), data: data), tensor: tensor, problem)
  }

  static func file(_ header: [UInt8], length: UInt64? = nil, data: Int) -> [UInt8] {
    withUnsafeBytes(of: (length ?? UInt64(header.count)).littleEndian) { Array($0) } + header
      + [UInt8](repeating: 0, count: data)
  }

  static let all: [MalformedFile] = framing + syntax + fields + layout

  static let framing = [
    MalformedFile("empty", bytes: [], .tooShort(bytes: 0)),
    MalformedFile("seven bytes", bytes: [1, 2, 3, 4, 5, 6, 7], .tooShort(bytes: 7)),
    MalformedFile(
      "header over the limit", bytes: file([], length: 100_000_001, data: 0),
      .headerTooLong(bytes: 100_000_001, limit: 100_000_000)),
    MalformedFile(
      "header length that is negative as Int", bytes: file([], length: .max, data: 0),
      .headerTooLong(bytes: .max, limit: 100_000_000)),
    MalformedFile(
      "header past the end", bytes: file(Array("{}".utf8), length: 3, data: 0),
      .headerBeyondFile(headerBytes: 3, fileBytes: 10)),
    MalformedFile("no header", bytes: file([], data: 0), .headerStart(byte: 0)),
    MalformedFile("array", header: "[]", .headerStart(byte: 91)),
    MalformedFile("space first", header: " {}", .headerStart(byte: 32)),
    MalformedFile("not UTF-8", bytes: file([123, 34, 0xFF, 34, 58, 49, 125], data: 0), .headerNotUTF8),
    MalformedFile(
      "UTF-16", bytes: file([123, 0, 125, 0], data: 0),
      .headerSyntax(reason: "expected a key in quotes", offset: 1)),
  ]

  static let syntax = [
    MalformedFile("no end", header: "{", .headerSyntax(reason: "expected a key in quotes", offset: 1)),
    MalformedFile(
      "text after the end", header: "{}x", data: 0,
      .headerSyntax(reason: "something follows the closing brace", offset: 2)),
    MalformedFile(
      "comma before the brace", header: #"{"a":1,}"#,
      .headerSyntax(reason: "expected a key in quotes", offset: 7)),
    MalformedFile("no colon", header: #"{"a" 1}"#, .headerSyntax(reason: "expected ':'", offset: 5)),
    MalformedFile("no value", header: #"{"a":}"#, .headerSyntax(reason: "expected a value", offset: 5)),
    MalformedFile(
      "word", header: #"{"a":nul}"#, .headerSyntax(reason: "expected a value", offset: 5)),
    MalformedFile(
      "open string", header: #"{"a"#, .headerSyntax(reason: "a string without an end", offset: 3)),
    MalformedFile(
      "control character", header: "{\"a\u{1}\":1}",
      .headerSyntax(reason: "a control character in a string", offset: 3)),
    MalformedFile(
      "bad escape", header: #"{"\x":1}"#, .headerSyntax(reason: "an unknown escape", offset: 3)),
    MalformedFile(
      "half a surrogate pair", header: #"{"\ud800":1}"#,
      .headerSyntax(reason: "half a surrogate pair", offset: 8)),
    MalformedFile(
      "deep nesting", header: #"{"a":"# + String(repeating: "[", count: 100_000),
      .headerSyntax(reason: "nested too deeply", offset: 12)),
    MalformedFile(
      "tensor twice",
      header: #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
        + #""a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, .duplicateKey("a")),
    MalformedFile(
      "tensor twice, once escaped",
      header: #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
        + #""\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, .duplicateKey("a")),
    MalformedFile(
      "field twice", header: #"{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
      .duplicateKey("dtype")),
    MalformedFile(
      "metadata twice", header: #"{"__metadata__":{},"__metadata__":{}}"#, .duplicateKey("__metadata__")),
  ]

  static let fields = [
    MalformedFile("metadata is a list", header: #"{"__metadata__":[]}"#, .metadataNotStrings(key: nil)),
    MalformedFile(
      "metadata holds a number", header: #"{"__metadata__":{"epoch":1}}"#, .metadataNotStrings(key: "epoch")),
    MalformedFile(
      "tensor is a number", header: #"{"a":1}"#, tensor: "a", .field("a", reason: "is not an object")),
    MalformedFile(
      "no dtype", header: #"{"a":{"shape":[2],"data_offsets":[0,8]}}"#, tensor: "a",
      .field("dtype", reason: "is absent")),
    MalformedFile(
      "no shape", header: #"{"a":{"dtype":"F32","data_offsets":[0,8]}}"#, tensor: "a",
      .field("shape", reason: "is absent")),
    MalformedFile(
      "no offsets", header: #"{"a":{"dtype":"F32","shape":[2]}}"#, tensor: "a",
      .field("data_offsets", reason: "is absent")),
    MalformedFile(
      "unknown field", header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"b":1}}"#, tensor: "a",
      .field("b", reason: "is unknown")),
    MalformedFile(
      "dtype is a number", header: #"{"a":{"dtype":32,"shape":[2],"data_offsets":[0,8]}}"#, tensor: "a",
      .field("dtype", reason: "is not a string")),
    MalformedFile(
      "unknown dtype", header: #"{"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}"#, tensor: "a",
      .unknownDType("F31")),
    MalformedFile(
      "shape is a number", header: #"{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}"#, tensor: "a",
      .field("shape", reason: "is not an array")),
    MalformedFile(
      "negative dimension", header: #"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, tensor: "a",
      .field("shape", reason: "holds something that is not an unsigned integer")),
    MalformedFile(
      "dimension with a fraction", header: #"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#,
      tensor: "a", .field("shape", reason: "holds something that is not an unsigned integer")),
    MalformedFile(
      "dimension beyond Int",
      header: #"{"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,8]}}"#,
      tensor: "a", .field("shape", reason: "holds something that is not an unsigned integer")),
    MalformedFile(
      "three offsets", header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}"#, tensor: "a",
      .field("data_offsets", reason: "has 3 elements, expected 2")),
  ]

  static let layout = [
    MalformedFile(
      "offsets swapped", header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, tensor: "a",
      .endBeforeBegin(begin: 8, end: 0)),
    MalformedFile(
      "shape overflows",
      header: #"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}"#,
      tensor: "a", .sizeOverflow(shape: [1 << 32, 1 << 32])),
    MalformedFile(
      "element size overflows",
      header: #"{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,8]}}"#,
      tensor: "a", .sizeOverflow(shape: [1 << 61])),
    MalformedFile(
      "offsets too short for the shape", header: #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#,
      tensor: "a", .wrongByteCount(shape: [3], dtype: .float32, expected: 12, found: 8)),
    MalformedFile(
      "hole at the start", header: #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, tensor: "a",
      .notContiguous(expectedBegin: 0, found: 4)),
    MalformedFile(
      "hole between",
      header: #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
        + #""b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#, data: 12, tensor: "b",
      .notContiguous(expectedBegin: 4, found: 8)),
    MalformedFile(
      "overlap",
      header: #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
        + #""b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}"#, data: 6, tensor: "b",
      .notContiguous(expectedBegin: 4, found: 2)),
    MalformedFile(
      "same bytes twice",
      header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
        + #""b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, tensor: "b",
      .notContiguous(expectedBegin: 8, found: 0)),
    MalformedFile(
      "truncated data", header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, data: 7,
      .dataNotCovered(tensorBytes: 8, dataBytes: 7)),
    MalformedFile(
      "data left over", header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, data: 9,
      .dataNotCovered(tensorBytes: 8, dataBytes: 9)),
    MalformedFile(
      "no tensor, yet data", header: "{}", data: 1, .dataNotCovered(tensorBytes: 0, dataBytes: 1)),
  ]
}

@Suite struct SafetensorsHeaderTests {
  @Test(arguments: MalformedFile.all)
  func malformedFileIsRefused(_ file: MalformedFile) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(file.bytes, as: "weights.safetensors")
    let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: path) }
    #expect(error == SafetensorsError(path: path, tensor: file.tensor, file.problem))
    #expect(error?.description.contains(path) == true)
    if let tensor = file.tensor { #expect(error?.description.contains(tensor) == true) }
  }

  @Test(arguments: [
    ("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n", "a Git LFS pointer"),
    ("<!DOCTYPE html><html><body>Sign in</body></html>", "an HTML page"),
    ("PK\u{3}\u{4}            model/data.pkl", "a PyTorch file"),
  ])
  func aFileOfAnotherFormatIsNamed(content: String, name: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(content.utf8), as: "weights.safetensors")
    let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: path) }
    #expect(error?.description.hasPrefix("\(path): not a safetensors file but \(name)") == true, "\(error!)")
  }

  @Test func wellFormedOddities() throws {
    let folder = try TemporaryFolder()
    // Tensors out of order, an empty one, a scalar, an escaped name with a surrogate pair, spaces, metadata.
    let header =
      #"{ "b" : {"shape":[],"data_offsets":[8,12],"dtype":"F32"},"__metadata__":{"a":"\"\\\n\u00e9"},"#
      + #""\ud83d\ude00":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"#
      + #""empty":{"dtype":"F32","shape":[0,9223372036854775807],"data_offsets":[8,8]} }   "#
    let path = try folder.write(MalformedFile.file(Array(header.utf8), data: 12), as: "w.safetensors")
    let file = try SafetensorsFile(path: path)
    #expect(file.tensors.map(\.name) == ["\u{1F600}", "empty", "b"])
    #expect(file.tensors.map(\.count) == [1, 0, 1])
    #expect(file.tensors.map(\.dtype) == [.int64, .float32, .float32])
    #expect(file.metadata == ["a": "\"\\\n\u{e9}"])
    #expect(try file.floats(named: "b") == [0])
    #expect(try file.floats(named: "empty") == [])
    #expect(throws: SafetensorsError(path: path, tensor: "\u{1F600}", .notFloatingPoint(.int64))) {
      try file.floats(named: "\u{1F600}")
    }
    #expect(throws: SafetensorsError(path: path, tensor: "c", .noSuchTensor)) { try file.floats(named: "c") }
  }

  @Test func missingFileAndDirectoryAreNamed() throws {
    let folder = try TemporaryFolder()
    let absent = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: folder.file("absent")) }
    let reason = "cannot open \(folder.file("absent")): No such file or directory (errno 2)"
    #expect(absent?.description == reason)
    let weights = #expect(throws: WeightFileError.self) { try WeightFile(path: folder.file("absent")) }
    #expect(weights?.description == reason)
    let directory = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: folder.path) }
    #expect(directory?.description.contains("Is a directory") == true)
  }
}
