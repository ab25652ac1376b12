import Foundation
import SRCheckpoint
import SRFiles
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
    let removal = store.prune(keep: 2)
    #expect(names(removal.removed) == ["step-00000003", "step-00000002", "step-00000001"])
    #expect(try names(store.list()) == ["step-00000005", "step-00000004"])
    #expect(try store.best.verify().step == 1)
    #expect(store.prune(keep: 2).removed.isEmpty)
  }

  @Test func pruningNeverRemovesTheNewestSoundOne() throws {
    let folder = try TemporaryFolder()
    let store = try store(in: folder, steps: [1, 2, 3, 4, 5])
    for step in [3, 4, 5] { try damage(store.checkpoint(atStep: step)) }
    _ = store.prune(keep: 2)
    #expect(try names(store.list()) == ["step-00000005", "step-00000004", "step-00000002"])
  }

  @Test func pruningDoesNotReadWhatWasJustWritten() throws {
    let folder = try TemporaryFolder()
    let store = try store(in: folder, steps: [1, 2, 3])
    let written = store.checkpoint(atStep: 3)
    // If it were read, it would not count as sound, and an older one would stay.
    try damage(written)
    #expect(names(store.prune(keep: 1, written: written).removed) == ["step-00000002", "step-00000001"])
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
    #expect(try store.recover().isEmpty)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: store.path).sorted() == [".keep", "step-00000001"])
    try store.checkpoint(atStep: 1).verify()
  }

  @Test func checkpointThatSteppedAsideComesBack() throws {
    let folder = try TemporaryFolder()
    let store = try store(in: folder, steps: [5], best: 5)
    try FileManager.default.moveItem(atPath: store.best.path, toPath: "\(store.path)/.best.replaced-123")
    #expect(try store.recover().isEmpty)
    #expect(try store.best.verify().step == 5)
  }

  /// What one input/output error hides may be sound.
  @Test(arguments: ["model.safetensors", "state.json", "checksums.json"], ["step-00000004", "best"])
  func whatCannotBeReadStays(file: String, name: String) throws {
    let folder = try TemporaryFolder()
    let store = try store(in: folder, steps: [1, 2, 3, 4], best: 4)
    let path = "\(store.path)/\(name)/\(file)"
    let before = try FileManager.default.contentsOfDirectory(atPath: store.path).sorted()
    try FileManager.default.moveItem(atPath: path, toPath: folder.file("sound"))
    try TemporaryFolder.makeUnreadable(path)

    let errors = [
      #expect(throws: CheckpointError.self) {
        try CheckpointDirectory(path: "\(store.path)/\(name)").verify()
      },
      #expect(throws: CheckpointError.self) { try store.newestVerified() },
      #expect(throws: CheckpointError.self) { try store.removeNewer(thanStep: 1) },
    ]
    for error in errors {
      guard case .unread(let unread, let problems) = error else {
        Issue.record("not unread: \(String(describing: error))")
        return
      }
      #expect(unread == "\(store.path)/\(name)" && problems.count == 1 && problems[0].hasPrefix(file))
    }
    // Of the old numbered ones, none goes as long as it is unknown whether a newer one is sound.
    let removal = store.prune(keep: 2)
    #expect(removal.removed.count == (name == "best" ? 2 : 0))
    #expect(removal.leftovers.count == (name == "best" ? 0 : 1))
    #expect(
      try name == "best" || FileManager.default.contentsOfDirectory(atPath: store.path).sorted() == before)

    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: folder.file("sound"), toPath: path)
    #expect(try store.newestVerified().state?.step == 4)
  }

  @Test func aStoreThatCannotBeLookedAtIsNotEmpty() throws {
    let folder = try TemporaryFolder()
    let store = CheckpointStore(path: folder.file("checkpoints"))
    try TemporaryFolder.makeUnseeable(store.path)
    #expect(throws: FileError.self) { try store.list() }
    #expect(throws: FileError.self) { try store.newestVerified() }
    #expect(throws: FileError.self) { try store.recover() }
    #expect(throws: FileError.self) { try store.removeNewer(thanStep: 0) }
    #expect(throws: FileError.self) { try store.best.hasAveragedWeights }
    #expect(store.prune(keep: 1).leftovers.count == 1)
  }

  /// An older one would be resumed from, and the newer one be overwritten.
  @Test func whatANewerProgramWroteIsNotPassedOver() throws {
    let folder = try TemporaryFolder()
    let store = try store(in: folder, steps: [2])
    var newer = SampleArenas.contents(step: 4)
    newer.state.formatVersion = 99
    let checkpoint = try store.save(newer)
    #expect(throws: CheckpointError.unknownFormat(path: checkpoint.path, version: 99)) {
      try store.newestVerified()
    }
    #expect(try store.removeNewer(thanStep: 2).removed.isEmpty)
  }

  @Test func aCheckpointUnderAnotherStepsNameIsNotUsed() throws {
    let folder = try TemporaryFolder()
    let store = try store(in: folder, steps: [2])
    try FileManager.default.copyItem(
      atPath: store.checkpoint(atStep: 2).path, toPath: store.checkpoint(atStep: 4).path)
    let error = #expect(throws: CheckpointError.self) { try store.newestVerified() }
    #expect(error?.description.contains("step is 2, and its name says 4") == true)
  }

  /// On NFS, files that another host has open stay as `.nfs...`. Files of the user are not this program's to remove.
  @Test func whatCannotBeRemovedIsAWarning() throws {
    let folder = try TemporaryFolder()
    let store = try store(in: folder, steps: [1, 2, 3, 4])
    try folder.write([1], as: "run/checkpoints/step-00000002/notes.txt")
    let removal = store.prune(keep: 2)
    #expect(names(removal.removed) == ["step-00000001"])
    #expect(removal.leftovers.map(\.path) == [store.checkpoint(atStep: 2).path])
    #expect(removal.leftovers[0].description.contains("notes.txt"))
    try store.checkpoint(atStep: 2).verify()

    let left = "\(store.path)/.step-00000001.tmp-0123456789abcdef"
    try folder.makeFolder("run/checkpoints/.step-00000001.tmp-0123456789abcdef")
    try Data([1]).write(to: URL(fileURLWithPath: "\(left)/.nfs0001"))
    #expect(try store.recover().map(\.path) == [left])

    // What the new best one replaces cannot be removed, and the new one has its place.
    let best = try store.saveBest(SampleArenas.contents(step: 3))
    try Data([1]).write(to: URL(fileURLWithPath: best.file(".nfs0002")))
    var leftovers: [Leftover] = []
    try store.saveBest(SampleArenas.contents(step: 4)) { leftovers.append($0) }
    #expect(leftovers.count == 1 && leftovers[0].path.contains(".best.replaced-"))
    #expect(try store.best.verify().step == 4)
  }

  /// The one that moved aside may be the last sound one.
  @Test func whatMovedAsideForADamagedOneStays() throws {
    let folder = try TemporaryFolder()
    let store = try store(in: folder, steps: [5], best: 5)
    let aside = CheckpointDirectory(path: "\(store.path)/.best.replaced-0123456789abcdef")
    try FileManager.default.copyItem(atPath: store.best.path, toPath: aside.path)
    try damage(store.best)
    #expect(try store.recover().map(\.path) == [aside.path])
    try aside.verify()
  }

  @Test func foldersOfOthersAreNotSwept() throws {
    let folder = try TemporaryFolder()
    let store = try store(in: folder, steps: [1])
    let others = [".mine.tmp-0123456789abcdef", ".step-1.tmp-0123456789abcdef", ".best.tmp-x", "best.tmp-12"]
    for name in others { try folder.makeFolder("run/checkpoints/\(name)") }
    #expect(try store.recover().isEmpty)
    let names = try FileManager.default.contentsOfDirectory(atPath: store.path).sorted()
    #expect(names == (others + ["step-00000001"]).sorted())
  }

  @Test func theFolderIsTriedAndLeftAsItWas() throws {
    let folder = try TemporaryFolder()
    let store = try store(in: folder, steps: [1])
    #expect(try store.rehearse(byteCount: 1) == nil)
    #expect(try FileManager.default.contentsOfDirectory(atPath: store.path) == ["step-00000001"])
    let error = #expect(throws: CheckpointError.self) { try store.rehearse(byteCount: 1 << 60) }
    #expect(error?.description.contains("\(1 << 60) bytes are needed") == true)
    #expect(error?.description.hasPrefix("checkpoints cannot be written: cannot ") == true)
    #expect(error?.description.components(separatedBy: store.path).count == 2, "\(error?.description ?? "")")
  }
}
