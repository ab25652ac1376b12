import SRData
import SRDistributed
import SRFiles

/// The mapped files of a run's data. A file that another program writes to while it is mapped changes under the run.
struct DataWatch {
  private let files: [MappedFile]
  /// The contents that the run was started with.
  private let inputs: RunInputs
  private let validation: ValidationSets
  /// The decoded pictures of folders.
  private let cache: PictureCache?

  init(_ run: RunContext, inputs: RunInputs, validation: ValidationSets) {
    self.validation = validation
    files =
      validation.sets.flatMap(\.set.files) + run.data.source.files + (run.data.valid?.files ?? [])
    cache = run.data.source.cache
    self.inputs = inputs
  }

  /// Looks at each file. If a file has changed on any rank, throws the same error on every rank. Collective.
  ///
  /// Call it before a checkpoint and before an epoch's line in the log: neither is written for steps that changed data may have
  /// entered. The lines of such steps are cut off when the run resumes.
  ///
  /// The data are read again if a file was written to or its times were set, because either may leave the content as it was.
  func check(_ run: RunContext) throws {
    run.activity.enter(.agreement)
    try run.communicator.together {
      try checkCache(run)
      let changes = files.compactMap { file in file.change().map { (file: file, change: $0) } }
      let certain = changes.first { $0.change != .written && $0.change != .touched }
      guard let (file, change) = certain ?? changes.first else { return }
      if certain == nil, try isUnchanged(run) { return }
      throw ChangedDataError(
        path: file.path, change: change,
        advice:
          "Put the old file back and repeat the command to resume from the last checkpoint, or choose another "
          + "--output for the new data")
    }
  }
}

extension DataWatch {
  /// Another file in the cache's place is no fault: whatever program put it there, this run has the old one.
  private func checkCache(_ run: RunContext) throws {
    guard let cache, let file = cache.file, let change = file.change(), change != .replaced else { return }
    if change == .written || change == .touched {
      let isSound = (0..<cache.layout.count).allSatisfy { index in
        defer { run.activity.mark() }
        return cache.isSound(index)
      }
      if isSound { return }
    }
    throw ChangedDataError(
      path: file.path, change: change,
      advice:
        "It holds the decoded training pictures. Repeat the command: it makes the file anew, and resumes from the last "
        + "checkpoint")
  }

  /// Whether all contents are those that the run was started with. Reads everything.
  private func isUnchanged(_ run: RunContext) throws -> Bool {
    let sha256 = validation.sha256
    return try RunInputs(run).dataSHA256 == inputs.dataSHA256
      && validation.sets.allSatisfy { $0.set.contentHash(progress: run.activity.mark) == sha256[$0.name] }
  }
}

/// A data file changed while it was in use.
struct ChangedDataError: Error, CustomStringConvertible {
  let path: String
  let change: MappedFile.Change
  let advice: String

  var description: String { "\(path) changed while it was in use: \(change). \(advice)" }
}
