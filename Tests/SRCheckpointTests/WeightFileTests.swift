import Foundation
import SRCheckpoint
import SRModels
import SRTensor
import SRTestSupport
import Testing

/// What is unwrapped, what fits in part, and which file a path names.
@Suite struct WeightFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A safetensors file of three tensors with the names of ``SampleArenas``, each after `prefix`.
  private func write(_ prefix: String, more: [String] = []) throws -> String {
    let arena = SampleArenas.arena(seed: 1)
    let tensors =
      arena.layout.entries.map {
        SafetensorsWriter.Tensor(name: prefix + $0.name, shape: $0.shape, values: arena.tensor($0))
      } + more.map { SafetensorsWriter.Tensor(name: $0, shape: [1], values: [0]) }
    try SafetensorsWriter(tensors: tensors).write(to: folder.file("w.safetensors"))
    return folder.file("w.safetensors")
  }

  @Test(arguments: ["", "module.", "_orig_mod.module.", "netG.", "generator.module.module."])
  func prefixesAreTakenOff(prefix: String) throws {
    let file = try WeightFile(path: write(prefix))
    let arena = ParameterArena(layout: SampleArenas.layout)
    try file.load(into: arena)
    #expect(weightsSHA256(arena) == weightsSHA256(SampleArenas.arena(seed: 1)))
    #expect(file.notes.count == (prefix.isEmpty ? 0 : 1))
    #expect(file.notes.allSatisfy { $0.contains("the prefix \(prefix) was taken off") })
  }

  /// A prefix that only some names have belongs to the network, except those that name a part of a file.
  @Test func aPrefixOfSomeNamesStays() throws {
    #expect(try WeightFile(path: write("module.", more: ["x"])).tensors[0].name == "module.conv1.0.weight")
    let part = try WeightFile(path: write("netG.", more: ["netD.x", "y"]))
    #expect(part.tensors.map(\.name) == SampleArenas.layout.entries.map(\.name))
    #expect(part.notes.contains { $0.contains("no part of netG: 2 tensors") })
  }

  @Test func aKeyNamesTheWeights() throws {
    let checkpoint = TorchFixtures.path("checkpoint.pth")
    for key in ["params", "params_ema", "params_ema.module", "params_ema.module._orig_mod"] {
      let file = try WeightFile(path: checkpoint, key: key)
      #expect(file.tensors.map(\.name) == SampleArenas.layout.entries.map(\.name))
      #expect(file.notes.contains { $0.contains("taken from \(key)") })
    }
    let moments = try WeightFile(path: checkpoint, key: "optimizer.state.0")
    #expect(moments.tensors.map(\.name) == ["step", "exp_avg", "exp_avg_sq"])
    let error = #expect(throws: WeightFileError.self) { try WeightFile(path: checkpoint, key: "param") }
    for part in ["--param-key param", "params_ema", "optimizer.state.0"] {
      #expect(error?.description.contains(part) == true, "\(String(describing: error))")
    }
    let path = try write("body.", more: ["head.x"])
    #expect(try WeightFile(path: path, key: "body").tensors.count == 3)
  }

  @Test func averagedWeightsOfAFileAreChosen() throws {
    let path = TorchFixtures.path("checkpoint.pth")
    func first(_ averaged: AveragedWeights) throws -> Float {
      let file = try WeightFile(path: path, averaged)
      return try file.floats(file.tensors[0])[0]
    }
    #expect(try first(.ifThere) == first(.needed))
    #expect(try first(.needed) == first(.notTaken) / 2)
    let plain = TorchFixtures.path("plain.pth")
    let error = #expect(throws: WeightFileError.self) { try WeightFile(path: plain, .needed) }
    #expect(error?.problem == .noAveragedWeights)
    #expect(try WeightFile(path: plain, .notTaken).tensors.count == 3)
  }

  @Test func whatFitsIsTakenAndTheRestIsNamed() throws {
    let path = try write("", more: ["extra"])
    var layout = ParameterLayout()
    _ = layout.append("conv1.0.weight", shape: [4, 3, 3, 3], storage: .convolutionHWIO)
    _ = layout.append("conv1.0.bias", shape: [5])
    _ = layout.append("other", shape: [2])
    let arena = SampleArenas.arena(seed: 7, layout: layout)
    let before = SampleArenas.tensors(arena)
    let text = try WeightFile(path: path).loadWhatFits(into: arena)
    let after = SampleArenas.tensors(arena)
    #expect(after[0] == SampleArenas.tensors(SampleArenas.arena(seed: 1))[0])
    #expect(after[1] == before[1] && after[2] == before[2])
    for part in [
      "93.9 % of the network's parameters", "1 of 3 tensors", "1 missing: other",
      "2 extra: conv1.1.weight, extra",
      "1 misshapen: conv1.0.bias (expected [5], found [4])",
    ] {
      #expect(text.contains(part), "\(text)")
    }
    var foreign = ParameterLayout()
    _ = foreign.append("foreign", shape: [2])
    let error = #expect(throws: WeightFileError.self) {
      try WeightFile(path: path).loadWhatFits(into: ParameterArena(layout: foreign))
    }
    #expect(error?.description.contains("nothing in it fits") == true)
    #expect(throws: WeightFileError.self) { try WeightFile(path: path).load(into: arena) }
  }

  /// Each precision's infinities and not-a-numbers are found, and named.
  @Test(arguments: WeightPrecision.allCases, [Float.infinity, -.infinity, .nan])
  func valuesThatAreNotFiniteAreNamed(precision: WeightPrecision, value: Float) throws {
    let arena = SampleArenas.arena(seed: 1)
    arena.setTensor(arena.layout.entries[1], to: [0, 0, value, 0])
    let paths = [folder.file("w.safetensors"), folder.file("w.pth")]
    try saveParameters(arena, to: paths[0], precision: precision)
    try folder.write(Array(TorchArchive(arena, precision: precision).bytes()), as: "w.pth")
    for path in paths {
      let read = ParameterArena(layout: arena.layout)
      let error = #expect(throws: WeightFileError.self) { try WeightFile(path: path).load(into: read) }
      let said = "\(path): conv1.0.bias holds values that are not finite: element 2 of 4 is \(value)"
      #expect(error?.description.hasPrefix(said) == true, "\(String(describing: error))")
      let inspection = try Inspection(path: path)
      #expect(inspection.problems.count == 1 && inspection.problems[0].hasPrefix(said))
    }
  }
}

@Suite struct WeightPlaceTests {
  private let folder: TemporaryFolder
  private var run: String { folder.file("run") }
  private var store: CheckpointStore { CheckpointStore(path: folder.file("run/checkpoints")) }

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: ["run", "run/", "run/checkpoints"])
  func aRunStandsForItsBestCheckpoint(path: String) throws {
    try store.save(SampleArenas.contents(step: 4))
    try store.saveBest(SampleArenas.contents(step: 2, averaged: true))
    let place = try WeightPlace(folder.file(path))
    #expect(place.file == store.best.file("ema.safetensors"))
    #expect(place.notes.count == 2)
    #expect(place.notes[0].contains("its best checkpoint is taken, \(store.best)"))
    #expect(place.notes[1].contains("averaged weights"))
    #expect(try WeightPlace(folder.file(path), .needed).file == place.file)
    #expect(try WeightPlace(folder.file(path), .notTaken).file == store.best.file("model.safetensors"))
  }

  @Test func withoutABestOneTheNewestSoundOneIsTaken() throws {
    for step in [2, 4, 6] { try store.save(SampleArenas.contents(step: step)) }
    try CheckpointDirectoryTests.Damage.cutShort.strike(store.checkpoint(atStep: 6).file("model.safetensors"))
    let place = try WeightPlace(run)
    #expect(place.file == store.checkpoint(atStep: 4).file("model.safetensors"))
    #expect(place.notes.count == 1 && place.notes[0].contains("there is no best one yet"), "\(place.notes)")
    try store.saveBest(SampleArenas.contents(step: 2))
    try CheckpointDirectoryTests.Damage.cutShort.strike(store.best.file("model.safetensors"))
    let other = try WeightPlace(run)
    #expect(other.file == place.file && other.notes[0].contains("is damaged"), "\(other.notes)")
  }

  @Test func whatCannotBeTakenIsSaid() throws {
    try folder.makeFolder("run/checkpoints")
    let empty = #expect(throws: CheckpointError.self) { try WeightPlace(run) }
    #expect(empty?.description.contains("without a sound checkpoint") == true)
    try store.saveBest(SampleArenas.contents(step: 2))
    let average = #expect(throws: CheckpointError.self) { try WeightPlace(run, .needed) }
    #expect(average?.description.contains("leave out --ema") == true)
    #expect(throws: CheckpointError.self) { try WeightPlace(folder.path) }
  }
}
