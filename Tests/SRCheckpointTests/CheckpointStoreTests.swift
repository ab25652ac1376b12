import Foundation
import SRCheckpoint
import SRTestSupport
import Testing

@Suite struct CheckpointStoreTests {
  private func store(in folder: TemporaryFolder, steps: [Int], best: Int? = nil) throws -> CheckpointStore {
    let store = CheckpointStore(path: folder.file("run/checkpoints"))
    try store.prepare()
    for step in steps {
      let contents = SampleArenas.contents(step: step, seed: UInt64(step))
      try store.save(contents)
      if step == best { try store.saveBest(contents) }
    }
    return store
  }

  private func damage(_ checkpoint: CheckpointDirectory) throws {
    try CheckpointDirectoryTests.Damage.flippedBit.strike(checkpoint.file("model.safetensors"))
  }

  private func names(_ checkpoints: [CheckpointDirectory]) -> [String] {
    checkpoints.map { ($0.path as NSString).lastPathComponent }
  }

  @Test func newestComesFirst() throws {
    let folder = try TemporaryFolder()
    let store = try store(in: folder, steps: [9, 100_000_000, 10, 2])
    #expect(
      try names(store.list()) == ["step-100000000", "step-00000010", "step-00000009", "step-00000002"])
    #expect(try store.newestVerified().state?.step == 100_000_000)
  }

  @Test func emptyAndAbsentFoldersHoldNone() throws {
    let folder = try TemporaryFolder()
    let absent = CheckpointStore(path: folder.file("absent"))
    #expect(try absent.list().isEmpty)
    #expect(try absent.newestVerified().checkpoint == nil)
    #expect(try store(in: folder, steps: []).newestVerified().checkpoint == nil)
  }

  @Test func damagedOnesArePassedOverWithAWarning() throws {
    let folder = try TemporaryFolder()
    let store = try store(in: folder, steps: [1, 2, 3, 4])
    try damage(store.checkpoint(atStep: 4))
    try FileManager.default.removeItem(atPath: store.checkpoint(atStep: 3).file("state.json"))
    let selection = try store.newestVerified()
    #expect(selection.checkpoint == store.checkpoint(atStep: 2))
    #expect(selection.state?.step == 2)
    #expect(selection.warnings.count == 2)
    #expect(selection.warnings[0].description.contains("step-00000004"))
    #expect(selection.warnings[0].description.contains("model.safetensors"))
    #expect(selection.warnings[1].description.contains("step-00000003"))
    #expect(selection.warnings[1].description.contains("state.json"))
  }

  @Test func allDamagedIsNoneWithAllWarnings() throws {
    let folder = try TemporaryFolder()
    let store = try store(in: folder, steps: [1, 2])
    for checkpoint in try store.list() { try damage(checkpoint) }
    let selection = try store.newestVerified()
    #expect(selection.checkpoint == nil && selection.state == nil)
    #expect(selection.warnings.count == 2)
  }

  @Test func bestServesWhereItIsTheNewestSoundOne() throws {
    let folder = try TemporaryFolder()
    let store = try store(in: folder, steps: [1, 2, 3], best: 2)
    try damage(store.checkpoint(atStep: 3))
    #expect(try store.newestVerified().checkpoint == store.checkpoint(atStep: 2))
    try damage(store.checkpoint(atStep: 2))
    #expect(try store.newestVerified().checkpoint == store.best)
    try damage(store.best)
    #expect(try store.newestVerified().checkpoint == store.checkpoint(atStep: 1))
  }

  @Test func pruningKeepsTheNewestAndTheBest() throws {
    let folder = try TemporaryFolder()
    let store = try store(in: folder, steps: [1, 2, 3, 4, 5], best: 1)
    let removed = try store.prune(keep: 2)
    #expect(names(removed) == ["step-00000003", "step-00000002", "step-00000001"])
    #expect(try names(store.list()) == ["step-00000005", "step-00000004"])
    #expect(try store.best.verify().step == 1)
    #expect(try store.prune(keep: 2).isEmpty)
  }

  @Test func pruningNeverRemovesTheNewestSoundOne() throws {
    let folder = try TemporaryFolder()
    let store = try store(in: folder, steps: [1, 2, 3, 4, 5])
    for step in [3, 4, 5] { try damage(store.checkpoint(atStep: step)) }
    try store.prune(keep: 2)
    #expect(try names(store.list()) == ["step-00000005", "step-00000004", "step-00000002"])
  }

  @Test func pruningDoesNotReadWhatWasJustWritten() throws {
    let folder = try TemporaryFolder()
    let store = try store(in: folder, steps: [1, 2, 3])
    let written = store.checkpoint(atStep: 3)
    // If it were read, it would not count as sound, and an older one would stay.
    try damage(written)
    #expect(try names(store.prune(keep: 1, written: written)) == ["step-00000002", "step-00000001"])
  }

  @Test func leftoversOfInterruptedWritesAreCleared() throws {
    let folder = try TemporaryFolder()
    let store = try store(in: folder, steps: [1])
    let names = [".step-00000002.tmp-123", ".best.tmp-9", ".step-00000001.replaced-7", ".keep"]
    for name in names {
      try FileManager.default.createDirectory(
        atPath: "\(store.path)/\(name)", withIntermediateDirectories: false)
      try Data([1]).write(to: URL(fileURLWithPath: "\(store.path)/\(name)/model.safetensors"))
    }
    #expect(try store.list() == [store.checkpoint(atStep: 1)])
    try store.prepare()
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: store.path).sorted() == [".keep", "step-00000001"])
    try store.checkpoint(atStep: 1).verify()
  }

  @Test func checkpointThatSteppedAsideComesBack() throws {
    let folder = try TemporaryFolder()
    let store = try store(in: folder, steps: [5], best: 5)
    try FileManager.default.moveItem(atPath: store.best.path, toPath: "\(store.path)/.best.replaced-123")
    try store.prepare()
    #expect(try store.best.verify().step == 5)
  }
}
