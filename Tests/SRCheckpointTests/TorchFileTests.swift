import Foundation
import SRCheckpoint
import SRFiles
import SRTensor
import SRTestSupport
import Testing

/// Files of `torch.save`, made by `scripts/make-weight-fixtures`.
enum TorchFixtures {
  struct Tensor: Decodable {
    let name: String
    let dtype: String
    let shape: [Int]
    let sha256: String
  }

  struct Expected: Decodable {
    let torch: String
    let files: [String: [Tensor]]
  }

  static func path(_ name: String) -> String {
    Bundle.module.bundlePath + "/Fixtures/torch/\(name)"
  }

  static let expected: Expected = {
    // The tests cannot run without their fixtures.
    try! JSONDecoder().decode(
      Expected.self, from: Data(contentsOf: URL(fileURLWithPath: path("expected.json"))))
  }()

  static func sha256(_ values: [Float]) -> String {
    let hasher = SHA256()
    LittleEndianFloats.withBytes(of: values) { hasher.update($0) }
    return hasher.finalize()
  }
}

@Suite struct TorchFileTests {
  @Test(arguments: TorchFixtures.expected.files.keys.sorted())
  func whatPyTorchSavedIsRead(name: String) throws {
    let wanted = try #require(TorchFixtures.expected.files[name])
    let file = try WeightFile(path: TorchFixtures.path("\(name).pth"))
    try #require(file.tensors.map(\.name) == wanted.map(\.name))
    for (tensor, wanted) in zip(file.tensors, wanted) {
      #expect(tensor.dtype.rawValue == wanted.dtype && tensor.shape == wanted.shape, "\(tensor.name)")
      #expect(TorchFixtures.sha256(try file.floats(tensor)) == wanted.sha256, "\(tensor.name)")
    }
  }

  /// Each is refused in one line, which says why. Nothing in the file is executed.
  @Test(arguments: [
    ("call", "asks for posix.system"), ("call4", "asks for posix.system"), ("instance", "asks for os.system"),
    ("build", "BUILD"), ("extension", "EXT"), ("module", "torch.nn.modules.activation.PReLU"),
    ("bomb", "would unpack to 18874374"), ("overlapping", "files overlap"),
    ("many", "announces 1073741824 files"), ("script", "TorchScript"), ("old", "before version 1.6"),
    ("big-endian", "byte order is 'big'"), ("outside", "outside its storage of 4"),
    ("repeated", "would take 4398046511104 bytes"), ("list", "no dictionary of tensors"),
    ("empty", "ends too early"), ("picture", "a zip archive"),
  ])
  func hostileFilesAreRefused(name: String, reason: String) throws {
    let path = TorchFixtures.path("\(name).pth")
    let error = #expect(throws: (any Error).self) { try WeightFile(path: path) }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.hasPrefix("\(path): ") && text.contains(reason), "\(text)")
    #expect(!text.contains("\n"))
    #expect(error is WeightFileError || error is SafetensorsError)
  }

  /// A file of any length up to the whole one is refused, never read as if it were whole.
  @Test func cutFilesAreRefused() throws {
    let folder = try TemporaryFolder()
    let whole = try OpenFile.contents(of: TorchFixtures.path("plain.pth"))
    for length in stride(from: 0, to: whole.count, by: 7) {
      let path = try folder.write(Array(whole[..<length]), as: "cut.pth")
      #expect(throws: (any Error).self, "\(length) bytes") { try WeightFile(path: path) }
    }
  }

  /// A bit that flipped in a tensor's elements is found when they are read.
  @Test func damagedElementsAreRefused() throws {
    let folder = try TemporaryFolder()
    var bytes = try OpenFile.contents(of: TorchFixtures.path("plain.pth"))
    let file = try WeightFile(path: TorchFixtures.path("plain.pth"))
    let value = try file.floats(file.tensors[0])[40]
    let pattern = withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
    let place = try #require((0..<bytes.count - 4).first { Array(bytes[$0..<$0 + 4]) == pattern })
    bytes[place] ^= 1
    let damaged = try WeightFile(path: folder.write(bytes, as: "w.pth"))
    let error = #expect(throws: WeightFileError.self) { try damaged.floats(damaged.tensors[0]) }
    #expect(error?.tensor == "conv1.0.weight", "\(String(describing: error))")
  }

  @Test(arguments: [
    ("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n", "git lfs pull"),
    ("<!DOCTYPE html><html>404</html>", "HTML page"), ("", "empty file"),
  ])
  func otherFilesAreNamed(content: String, reason: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(content.utf8), as: "w.pth")
    let error = #expect(throws: SafetensorsError.self) { try WeightFile(path: path) }
    #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
  }
}

@Suite struct TorchArchiveTests {
  /// The names of the archive's files, in order, by the records before each file.
  private func memberNames(_ bytes: [UInt8]) -> [String] {
    bytes.indices.dropLast(30).filter { Array(bytes[$0..<$0 + 4]) == [0x50, 0x4B, 3, 4] }.map { start in
      let length = Int(bytes[start + 26]) | Int(bytes[start + 27]) << 8
      return String(decoding: bytes[start + 30..<start + 30 + length], as: UTF8.self)
    }
  }

  @Test func hasTheStructureThatPyTorchReads() throws {
    let bytes = try Array(TorchArchive(SampleArenas.arena(seed: 1)).bytes())
    #expect(try Array(TorchArchive(SampleArenas.arena(seed: 1)).bytes()) == bytes)
    let names = ["data.pkl", "byteorder", "data/0", "data/1", "data/2", "version"].map { "archive/\($0)" }
    #expect(memberNames(bytes) == names)
    // OrderedDict(), then for each tensor its name and _rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict()).
    // `pickletools.dis` shows the same instructions for a file of torch.save, without its memo.
    func text(_ value: String) -> [UInt8] {
      Array("X".utf8) + [UInt8(value.utf8.count), 0, 0, 0] + Array(value.utf8)
    }
    func integers(_ values: [UInt8]) -> [UInt8] {
      Array("(".utf8) + values.flatMap { Array("J".utf8) + [$0, 0, 0, 0] } + Array("t".utf8)
    }
    func tensor(_ name: String, _ key: String, _ count: UInt8, _ shape: [UInt8], _ strides: [UInt8])
      -> [UInt8]
    {
      text(name) + Array("ctorch._utils\n_rebuild_tensor_v2\n((".utf8) + text("storage")
        + Array("ctorch\nFloatStorage\n".utf8) + text(key) + text("cpu") + Array("J".utf8) + [count, 0, 0, 0]
        + Array("tQJ".utf8) + [0, 0, 0, 0] + integers(shape) + integers(strides) + [0x89]
        + Array("ccollections\nOrderedDict\n)RtR".utf8)
    }
    let pickle =
      [0x80, 2] + Array("ccollections\nOrderedDict\n)R(".utf8)
      + tensor("conv1.0.weight", "0", 108, [4, 3, 3, 3], [27, 9, 3, 1])
      + tensor("conv1.0.bias", "1", 4, [4], [1]) + tensor("conv1.1.weight", "2", 1, [1], [1])
      + Array("u.".utf8)
    let start = 30 + "archive/data.pkl".utf8.count
    #expect(Array(bytes[start..<start + pickle.count]) == pickle)
  }

  @Test(arguments: WeightPrecision.allCases)
  func whatIsWrittenIsReadBack(precision: WeightPrecision) throws {
    let folder = try TemporaryFolder()
    let arena = SampleArenas.arena(seed: 3)
    let path = try folder.write(Array(TorchArchive(arena, precision: precision).bytes()), as: "w.pth")
    try saveParameters(arena, to: folder.file("w.safetensors"), precision: precision)
    let (read, other) = (ParameterArena(layout: arena.layout), ParameterArena(layout: arena.layout))
    try WeightFile(path: path).load(into: read)
    try WeightFile(path: folder.file("w.safetensors")).load(into: other)
    #expect(weightsSHA256(read) == weightsSHA256(other))
    #expect((weightsSHA256(read) == weightsSHA256(arena)) == (precision == .float32))
  }
}
