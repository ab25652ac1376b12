import Foundation
import SRData
import SRFiles
import SRTestSupport
import Testing

/// Following an error's advice keeps the pictures as they were.
@Suite struct NumPyAdviceTests {
  /// An element type, values that it may hold, and the bytes that they mean.
  struct Case: Sendable, CustomTestStringConvertible {
    let type: String
    let values: String
    let range: String
    let bytes: [UInt8]
    var testDescription: String { "\(type) \(range)" }
  }

  static let cases =
    ["<f2", "<f4", ">f4", "<f8"].flatMap { type in
      [
        Case(
          type: type, values: "[0, 1/255, 0.5, 254/255, 1, 1.001]", range: "0...1",
          bytes: [0, 1, 128, 254, 255, 255]),
        Case(
          type: type, values: "[0, 1, 127.6, 254, 255, -0.2]", range: "0...255",
          bytes: [0, 1, 128, 254, 255, 0]),
      ]
    }
    + ["<i2", ">i4", "<i8", "<u4", "<u2"].map { type in
      Case(type: type, values: "[0, 1, 128, 254, 255, 2]", range: "0...255", bytes: [0, 1, 128, 254, 255, 2])
    } + [
      Case(
        type: "<u2", values: "[0, 257, 32896, 65278, 65535, 255]", range: "0...65535",
        bytes: [0, 1, 128, 254, 255, 0])
    ]

  private static let save = """
    import sys, numpy
    path, dtype, values = sys.argv[1:]
    numpy.save(path, numpy.array(eval(values)).astype(dtype).reshape(1, 2, 3, 1).repeat(3, 3))
    """

  private static let follow = """
    import sys, numpy
    source, target, expression = sys.argv[1:]
    array = numpy.load(source)
    numpy.save(target, eval(expression))
    """

  private func elements(_ path: String) throws -> [UInt8] {
    let array = try NumPyArray(path: path, rank: 4)
    return withExtendedLifetime(array) { Array(array.bytes) }
  }

  private func advice(_ path: String) throws -> String {
    let error = #expect(throws: NumPyError.self) { try NumPyArray(path: path, rank: 4) }
    return try #require(error).description
  }

  @Test(.enabled(if: Python.canImport("numpy"), "needs a Python with NumPy ($PYTHON)"), arguments: cases)
  func followed(_ example: Case) throws {
    let folder = try TemporaryFolder()
    let (source, target) = (folder.file("a.npy"), folder.file("b.npy"))
    let made = try Python.run(Self.save, [source, example.type, example.values])
    try #require(made.status == 0, "\(made.errors)")
    let text = try advice(source)
    let part = try #require(
      text.components(separatedBy: "values are in \(example.range), save ").dropFirst().first)
    let expression = try #require(part.components(separatedBy: "; ").first)
    let followed = try Python.run(Self.follow, [source, target, expression])
    try #require(followed.status == 0, "\(expression): \(followed.errors)")
    #expect(try NumPyArray(path: target, rank: 4).shape == [1, 2, 3, 3])
    #expect(try elements(target) == example.bytes.flatMap { [$0, $0, $0] }, "\(expression)")
  }

  @Test(
    .enabled(if: Python.canImport("numpy"), "needs a Python with NumPy ($PYTHON)"),
    arguments: ["fortran", "bool"])
  func followedForOtherKinds(kind: String) throws {
    let folder = try TemporaryFolder()
    let (source, target) = (folder.file("a.npy"), folder.file("b.npy"))
    let array =
      kind == "bool"
      ? "numpy.array([[[[True, False, True]]]])"
      : "numpy.asfortranarray(numpy.arange(36, dtype=numpy.uint8).reshape(2, 3, 2, 3))"
    let made = try Python.run(
      "import sys, numpy; numpy.save(sys.argv[1], eval(sys.argv[2]))", [source, array])
    try #require(made.status == 0, "\(made.errors)")
    let expression = try #require(try advice(source).components(separatedBy: "; save ").last)
    let followed = try Python.run(Self.follow, [source, target, expression])
    try #require(followed.status == 0, "\(expression): \(followed.errors)")
    #expect(
      try elements(target) == (kind == "bool" ? [255, 0, 255] : Array(0..<36)))
  }

  /// Without Python: no element type is told to be cut to its whole numbers, and a type whose meaning is unknown gets no advice.
  @Test func noAdviceCutsFractions() throws {
    let folder = try TemporaryFolder()
    for type in ["<f4", "<f8", "<c8", "|i1", "|S3", "<M8[s]", "<U4"] {
      let path = try folder.write(NumPyHeader(elementType: type, shape: [0, 1, 1, 3]).encoded(), as: "a.npy")
      let text = try advice(path)
      #expect(text.contains("dtype '\(type)'") && !text.contains("array.astype"), "\(text)")
      #expect(text.contains("save") == type.contains("f"), "\(text)")
    }
  }
}
