import Foundation
import SRCheckpoint
import SRFiles
import SRTestSupport
import Testing

@Suite struct InspectionTests {
  @Test func weightFileShowsTensorsAndMetadata() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("w.safetensors")
    try saveParameters(SampleArenas.arena(seed: 1), to: path, metadata: ["origin": "test"])
    let inspection = try Inspection(path: path)
    #expect(inspection.kind == .weightFile)
    #expect(inspection.tensors.map(\.name) == SampleArenas.layout.entries.map(\.name))
    #expect(inspection.tensors.map(\.count) == [108, 4, 1])
    for part in ["origin: test", "conv1.0.weight  F32  [4, 3, 3, 3]  108", "3 tensors, 113 elements"] {
      #expect(inspection.text.contains(part))
    }
  }

  @Test func checkpointShowsStateAndVerifiedFiles() throws {
    let folder = try TemporaryFolder()
    try CheckpointDirectory.write(SampleArenas.contents(step: 42), to: folder.file("c"))
    let inspection = try Inspection(path: folder.file("c"))
    #expect(inspection.kind == .checkpoint)
    #expect(inspection.state?.step == 42)
    #expect(inspection.problems.isEmpty)
    #expect(inspection.files.map(\.name) == ["model.safetensors", "optimizer.safetensors", "state.json"])
    #expect(inspection.files.allSatisfy { $0.found == $0.recorded })
    for part in ["step 42, 2 epochs completed", "charbonnier: 1", "verified", "best valid_psnr"] {
      #expect(inspection.text.contains(part))
    }
  }

  @Test func theWeightsOfACheckpointAreChosen() throws {
    let folder = try TemporaryFolder()
    let both = folder.file("both/step-00000001")
    try folder.makeFolder("both")
    try CheckpointDirectory.write(SampleArenas.contents(step: 1, averaged: true), to: both)
    #expect(try Inspection(path: both).notes == ["these are the averaged weights of \(both)"])
    let last = try Inspection(path: both, .notTaken)
    #expect(last.notes == ["these are the weights of the last step of \(both), not the averaged ones"])
    try CheckpointDirectory.write(SampleArenas.contents(step: 1), to: folder.file("one"))
    #expect(try Inspection(path: folder.file("one")).notes.isEmpty)
    #expect(throws: CheckpointError.lacksAverage(path: folder.file("one"))) {
      try Inspection(path: folder.file("one"), .needed)
    }
    let run = #expect(throws: InspectionError.self) { try Inspection(path: folder.file("both"), .needed) }
    #expect(run?.description.contains("no weights to choose from") == true)
  }

  @Test func damageIsReportedNotThrown() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try CheckpointDirectory.write(SampleArenas.contents(step: 42), to: folder.file("c"))
    try CheckpointDirectoryTests.Damage.flippedBit.strike(checkpoint.file("optimizer.safetensors"))
    let inspection = try Inspection(path: checkpoint.path)
    #expect(inspection.problems.count == 1)
    #expect(inspection.problems[0].hasPrefix("optimizer.safetensors: has SHA-256"))
    #expect(inspection.text.contains("DAMAGED"))
  }

  @Test(arguments: ["", "/checkpoints"])
  func runListsItsCheckpoints(suffix: String) throws {
    let folder = try TemporaryFolder()
    let store = CheckpointStore(path: folder.file("run/checkpoints"))
    for step in [1, 2] { try store.save(SampleArenas.contents(step: step)) }
    try store.saveBest(SampleArenas.contents(step: 1))
    try CheckpointDirectoryTests.Damage.cutShort.strike(store.checkpoint(atStep: 2).file("model.safetensors"))
    let inspection = try Inspection(path: folder.file("run") + suffix)
    #expect(inspection.kind == .run)
    #expect(inspection.checkpoints.map(\.step) == [nil, 1, 1])
    #expect(inspection.checkpoints.map { $0.problem == nil } == [false, true, true])
    #expect(inspection.problems.count == 1)
  }

  @Test func otherPathsAreRefused() throws {
    let folder = try TemporaryFolder()
    for path in [folder.path, folder.file("absent")] {
      let error = #expect(throws: InspectionError.self) { try Inspection(path: path) }
      #expect(error?.description.hasPrefix(path) == true)
    }
    let text = try folder.write(Array("hello, world".utf8), as: "notes.txt")
    #expect(throws: SafetensorsError.self) { try Inspection(path: text) }
  }

  @Test func jsonComesBackTheSame() throws {
    let folder = try TemporaryFolder()
    try CheckpointDirectory.write(SampleArenas.contents(step: 42), to: folder.file("c"))
    let inspection = try Inspection(path: folder.file("c"))
    let json = try ReadableJSON.encode(inspection, .indented)
    #expect(try ReadableJSON.decode(Inspection.self, from: json) == inspection)
  }
}
