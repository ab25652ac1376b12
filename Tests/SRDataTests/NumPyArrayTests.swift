import Foundation
import SRData
import SRTestSupport
import Testing

@Suite struct NumPyArrayTests {
  @Test(arguments: 1...3)
  func readsEveryVersion(_ version: Int) throws {
    let array = try NumPyArray(path: Fixtures.path("arrays/version\(version).npy"), rank: 4)
    #expect(array.shape == [2, 3, 4, 3])
    #expect(array.bytes.elementsEqual(0..<72))
    #expect(array.entry(1).elementsEqual(36..<72))
  }

  @Test(arguments: [
    ("fortran.npy", "C order"), ("float32.npy", "dtype uint8"), ("object.npy", "dtype uint8"),
    ("structured.npy", "one number each"), ("1d.npy", "4 dimensions"),
  ])
  func refusesOtherArrays(name: String, expected: String) throws {
    let path = Fixtures.path("arrays/\(name)")
    let error = #expect(throws: NumPyError.self) { try NumPyArray(path: path, rank: 4) }
    #expect(error?.path == path)
    #expect(error?.expected.contains(expected) == true, "\(error?.description ?? "")")
  }

  /// Names that a header may give to bytes, and names of other types.
  static let byteNames =
    ["u1", "B"].flatMap { code in ["", "|", "<", ">", "="].map { $0 + code } } + ["uint8", "ubyte"]
  static let otherNames = [
    "|i1", "|b1", "|S1", "<u2", "u", "b", "uint", "|uint8", "||u1", "!u1", "UINT8", "", "1u2",
  ]

  static func file(named name: String) -> [UInt8] {
    NumPyHeader(elementType: name, shape: [2, 1, 1, 3]).encoded() + Array(1...6)
  }

  static func elements(_ path: String) throws -> [UInt8] {
    let array = try NumPyArray(path: path, rank: 4)
    return withExtendedLifetime(array) { Array(array.bytes) }
  }

  @Test func everyNameOfBytesIsRead() throws {
    let directory = try TemporaryFolder()
    for name in Self.byteNames {
      let path = try directory.write(Self.file(named: name), as: "a.npy")
      #expect(try Self.elements(path) == Array(1...6), "\(name)")
    }
    for name in Self.otherNames {
      let path = try directory.write(Self.file(named: name), as: "a.npy")
      #expect(throws: NumPyError.self, "\(name)") { try NumPyArray(path: path, rank: 4) }
    }
  }

  @Test(.enabled(if: Python.canImport("numpy"), "needs a Python with NumPy ($PYTHON)"))
  func numPyReadsTheSameNames() throws {
    let directory = try TemporaryFolder()
    for (index, name) in (Self.byteNames + Self.otherNames).enumerated() {
      try directory.write(Self.file(named: name), as: "\(index).npy")
    }
    let python = try Python.run(
      """
      import sys, numpy
      for index in range(int(sys.argv[2])):
          try:
              array = numpy.load(f"{sys.argv[1]}/{index}.npy")
              print(int(array.dtype == numpy.uint8 and array.shape == (2, 1, 1, 3)), end="")
          except Exception:
              print(0, end="")
      """, [directory.path, "\(Self.byteNames.count + Self.otherNames.count)"])
    let expected = Self.byteNames.map { _ in "1" } + Self.otherNames.map { _ in "0" }
    #expect(python.output == expected.joined(), "\(python.errors)")
  }

  @Test func anotherKindOfFileIsNamed() throws {
    let directory = try TemporaryFolder()
    let path = try directory.write(Array("version https://git-lfs.github.com/spec/v1\n".utf8), as: "a.npy")
    let error = #expect(throws: NumPyError.self) { try NumPyArray(path: path, rank: 4) }
    #expect(error?.found.contains("Git LFS pointer") == true, "\(error?.description ?? "")")
  }

  @Test func truncatedFileSaysHowManyBytes() throws {
    let directory = try TemporaryFolder()
    let whole = try bytes(of: Fixtures.path("arrays/version1.npy"))
    let path = try directory.write(whole.dropLast(10), as: "short.npy")
    let error = #expect(throws: NumPyError.self) { try NumPyArray(path: path, rank: 4) }
    #expect(error?.expected == "72 bytes for shape [2, 3, 4, 3]")
    #expect(error?.found == "62 bytes after the header: the file is truncated")
    let long = try directory.write(whole + [0], as: "long.npy")
    #expect(throws: NumPyError.self) { try NumPyArray(path: long, rank: 4) }
    let empty = try directory.write([], as: "empty.npy")
    #expect(throws: NumPyError.self) { try NumPyArray(path: empty, rank: 4) }
  }

  @Test func overflowingShapeIsAnError() throws {
    let directory = try TemporaryFolder()
    let huge = NumPyHeader(elementType: "|u1", shape: [1 << 32, 1 << 32, 1, 3]).encoded()
    let path = try directory.write(huge, as: "huge.npy")
    #expect(throws: NumPyError.self) { try NumPyArray(path: path, rank: 4) }
  }

  @Test func writesWhatNumPySaves() throws {
    let directory = try TemporaryFolder()
    let writer = try NumPyWriter(path: directory.file("a.npy"), shape: [2, 3, 4, 3])
    try writer.append(Array(0..<30))
    #expect(try directory.names().allSatisfy { $0.hasPrefix("a.npy.tmp-") })
    try writer.append(Array(30..<72))
    let hash = try writer.finish()
    #expect(try directory.names() == ["a.npy"])
    #expect(
      try bytes(of: directory.file("a.npy")) == bytes(of: Fixtures.path("arrays/version1.npy")))
    #expect(hash.count == 64)
  }

  @Test func abandonedFileLeavesNothing() throws {
    let directory = try TemporaryFolder()
    do {
      let writer = try NumPyWriter(path: directory.file("a.npy"), shape: [4])
      try writer.append([1, 2])
    }
    #expect(try directory.names() == [])
  }
}
