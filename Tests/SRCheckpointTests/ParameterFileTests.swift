import Foundation
import SRCheckpoint
import SRTensor
import SRTestSupport
import Testing

@Suite struct ParameterFileTests {
  @Test func parametersSurviveTheFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("w.safetensors")
    let saved = SampleArenas.arena(seed: 1)
    try saveParameters(saved, to: path, metadata: ["origin": "a \"test\"\n"])
    let loaded = SampleArenas.arena(seed: 2)
    #expect(SampleArenas.tensors(saved) != SampleArenas.tensors(loaded))
    try loadParameters(from: path, into: loaded)
    #expect(SampleArenas.tensors(saved) == SampleArenas.tensors(loaded))
    #expect(weightsSHA256(saved) == weightsSHA256(loaded))
    let file = try SafetensorsFile(path: path)
    #expect(file.metadata == ["origin": "a \"test\"\n"])
    #expect(file.tensors.map(\.name) == saved.layout.entries.map(\.name))
    #expect(file.tensors.map(\.shape) == saved.layout.entries.map(\.shape))
    #expect(try folder.names() == ["w.safetensors"])
  }

  @Test func sameContentGivesSameBytesAndAlignedData() throws {
    let folder = try TemporaryFolder()
    let arena = SampleArenas.arena(seed: 3)
    let metadata = ["b": "2", "a": "1", "c": "3"]
    for name in ["1", "2"] { try saveParameters(arena, to: folder.file(name), metadata: metadata) }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file("1")))
    #expect(try bytes == Data(contentsOf: URL(fileURLWithPath: folder.file("2"))))
    #expect(bytes[0] % 8 == 0)
  }

  @Test func everyDifferenceIsListedAndNothingIsLoaded() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("w.safetensors")
    let writer = SafetensorsWriter(tensors: [
      .init(name: "conv1.0.weight", shape: [4, 3, 9, 1], values: .init(repeating: 1, count: 108)),
      .init(name: "conv1.0.bias", shape: [4], values: [1, 2, 3, 4]),
      .init(name: "conv9.bias", shape: [1], values: [1]),
    ])
    try writer.write(to: path)
    let arena = SampleArenas.arena(seed: 1)
    let before = SampleArenas.tensors(arena)
    let error = #expect(throws: SafetensorsError.self) { try loadParameters(from: path, into: arena) }
    guard case .parameterMismatch(let mismatch) = error?.problem else {
      Issue.record("not a mismatch: \(String(describing: error))")
      return
    }
    #expect(mismatch.missing == ["conv1.1.weight"])
    #expect(mismatch.extra == ["conv9.bias"])
    #expect(
      mismatch.misshapen == [.init(name: "conv1.0.weight", expected: [4, 3, 3, 3], found: [4, 3, 9, 1])])
    #expect(SampleArenas.tensors(arena) == before)
    let text = "\(error!)"
    for part in [
      path, "1 missing: conv1.1.weight", "1 extra: conv9.bias", "expected [4, 3, 3, 3], found [4, 3, 9, 1]",
    ] {
      #expect(text.contains(part))
    }
  }

  @Test func longListsAreCut() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("w.safetensors")
    let extras = (0..<20).map { SafetensorsWriter.Tensor(name: "x\($0)", shape: [], values: [0]) }
    try SafetensorsWriter(tensors: extras).write(to: path)
    let error = #expect(throws: SafetensorsError.self) {
      try loadParameters(from: path, into: SampleArenas.arena(seed: 1))
    }
    let text = "\(error!)"
    #expect(text.contains("3 missing: conv1.0.weight, conv1.0.bias, conv1.1.weight;"))
    #expect(text.contains("20 extra:") && text.contains("x7 and 12 more") && !text.contains("x8"))
  }

  @Test func extraTensorsArePassedOverOnRequest() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("w.safetensors")
    var layout = SampleArenas.layout
    _ = layout.append("features.28.bias", shape: [2])
    let saved = SampleArenas.arena(seed: 4, layout: layout)
    try saveParameters(saved, to: path)
    let loaded = SampleArenas.arena(seed: 5)
    try loadParameters(from: path, into: loaded, ignoringExtra: true)
    #expect(SampleArenas.tensors(loaded) == Array(SampleArenas.tensors(saved).dropLast()))
    #expect(throws: SafetensorsError.self) { try loadParameters(from: path, into: loaded) }
  }

  @Test func oneBadTensorLeavesTheArenaAsItWas() throws {
    let folder = try TemporaryFolder()
    let header =
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
      + #""b":{"dtype":"I32","shape":[1],"data_offsets":[4,8]}}"#
    let path = try folder.write(MalformedFile.file(Array(header.utf8), data: 8), as: "w.safetensors")
    var layout = ParameterLayout()
    _ = layout.append("a", shape: [1])
    _ = layout.append("b", shape: [1])
    let arena = SampleArenas.arena(seed: 6, layout: layout)
    let before = SampleArenas.tensors(arena)
    #expect(throws: SafetensorsError(path: path, tensor: "b", .notFloatingPoint(.int32))) {
      try loadParameters(from: path, into: arena)
    }
    #expect(SampleArenas.tensors(arena) == before)
  }

  @Test func hashIsThatOfTheFileOrderBytes() {
    var layout = ParameterLayout()
    let entry = layout.append("w", shape: [2, 1, 1, 2], storage: .convolutionHWIO)
    let arena = ParameterArena(layout: layout)
    arena.setTensor(entry, to: [1, 2, 3, 4])
    // python3 -c "import hashlib,struct;print(hashlib.sha256(struct.pack('<4f',1,2,3,4)).hexdigest())"
    #expect(
      weightsSHA256(arena) == "ad73b9acd6e4a74b2f5bb5386658ce3bb146cd040a1867646ab3b973fb6632b1")
    arena.setTensor(entry, to: [1, 3, 2, 4])
    #expect(weightsSHA256(arena) != "ad73b9acd6e4a74b2f5bb5386658ce3bb146cd040a1867646ab3b973fb6632b1")
  }

  @Test func failedWriteKeepsTheOldFileAndNamesThePath() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("absent/w.safetensors")
    let error = #expect(throws: SafetensorsError.self) {
      try saveParameters(SampleArenas.arena(seed: 1), to: path)
    }
    guard case .file(let cause) = error?.problem else {
      Issue.record("not a file error: \(String(describing: error))")
      return
    }
    #expect(cause.code == ENOENT && cause.neededBytes! > 400)
    #expect(cause.description.contains(path))
  }
}
