import Foundation
import SRCheckpoint
import SRTestSupport
import Testing

@Suite(
  .enabled(
    if: SmallFileSystem.canMount,
    "needs to mount a small file system: run as root, outside a strict container"))
struct FullDiskTests {
  @Test func fullDiskLeavesTheEarlierCheckpointIntact() throws {
    // A checkpoint of these arenas takes five pages of 4 KiB and a directory.
    let disk = try SmallFileSystem(bytes: 32768)
    let store = CheckpointStore(path: disk.folder.file("checkpoints"))
    try store.prepare()
    try store.save(SampleArenas.contents(step: 1))
    try store.saveBest(SampleArenas.contents(step: 1))
    let before =
      try disk.folder.names() + FileManager.default.contentsOfDirectory(atPath: store.path).sorted()

    let error = #expect(throws: CheckpointError.self) { try store.save(SampleArenas.contents(step: 2)) }
    guard case .notWritten(let path, let cause) = error else {
      Issue.record("not a failed write: \(String(describing: error))")
      return
    }
    #expect(path == store.checkpoint(atStep: 2).path)
    #expect(cause.code == ENOSPC)
    #expect(cause.neededBytes! > 1000)
    #expect(cause.freeBytes != nil)
    for part in [path, "No space left on device", "bytes are needed", "earlier ones are untouched"] {
      #expect(error!.description.contains(part))
    }
    // Nothing of the new checkpoint is left, and the one before it still verifies.
    #expect(
      try disk.folder.names() + FileManager.default.contentsOfDirectory(atPath: store.path).sorted() == before
    )
    #expect(try store.newestVerified().state?.step == 1)

    // Replacing the best checkpoint fails in the same way, and the old one stays.
    #expect(throws: CheckpointError.self) { try store.saveBest(SampleArenas.contents(step: 2)) }
    #expect(try store.best.verify().step == 1)
  }

  @Test func fullDiskKeepsTheOldWeightFile() throws {
    let disk = try SmallFileSystem(bytes: 8192)
    let path = disk.folder.file("w.safetensors")
    try saveParameters(SampleArenas.arena(seed: 1), to: path)
    try Data(count: 4096).write(to: URL(fileURLWithPath: disk.folder.file("other")))
    let error = #expect(throws: SafetensorsError.self) {
      try saveParameters(SampleArenas.arena(seed: 2), to: path)
    }
    #expect(error?.description.contains("No space left on device") == true)
    #expect(try disk.folder.names() == ["other", "w.safetensors"])
    let loaded = SampleArenas.arena(seed: 3)
    try loadParameters(from: path, into: loaded)
    #expect(weightsSHA256(loaded) == weightsSHA256(SampleArenas.arena(seed: 1)))
  }
}
