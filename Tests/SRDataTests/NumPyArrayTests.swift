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
