import SRFiles

/// Which of a run's weights are taken.
package enum AveragedWeights: Sendable {
  /// The averaged weights if there are some, else the weights of the last step.
  case ifThere
  /// The averaged weights (`--ema`). Without them, there is an error.
  case needed
  /// The weights of the last step (`--no-ema`).
  case notTaken
}

/// The weight file that is taken from a checkpoint.
struct AveragedWeightChoice {
  let file: String
  /// What was chosen, for a person to read; nil if there was no choice.
  let note: String?

  /// - Throws: ``CheckpointError/lacksAverage(path:)``, or ``FileError`` if the system cannot tell what is there.
  init(_ checkpoint: CheckpointDirectory, _ averaged: AveragedWeights) throws {
    let hasAverage = try checkpoint.hasAveragedWeights
    if averaged == .needed, !hasAverage { throw CheckpointError.lacksAverage(path: checkpoint.path) }
    let takesAverage = hasAverage && averaged != .notTaken
    file = checkpoint.file(takesAverage ? CheckpointDirectory.averagedFile : CheckpointDirectory.modelFile)
    note =
      !hasAverage
      ? nil
      : takesAverage
        ? "these are the averaged weights of \(checkpoint)"
        : "these are the weights of the last step of \(checkpoint), not the averaged ones"
  }
}

/// The weight file that a user names: itself, by its checkpoint, or by its run.
package struct WeightPlace: Equatable, Sendable {
  package let file: String
  /// What was chosen, for a person to read. Empty if the path names the file.
  package private(set) var notes: [String] = []
  /// What is left to choose in the file. In a checkpoint, the choice was between files.
  private var averaged: AveragedWeights

  /// Finds the weight file that `path` names.
  ///
  /// A checkpoint is verified. A run stands for its best checkpoint; if it has none that is sound, for the newest sound one.
  ///
  /// - Throws: ``CheckpointError``, or ``FileError`` if the system cannot tell what is there.
  package init(_ path: String, _ averaged: AveragedWeights = .ifThere) throws {
    // A shell that completes a folder's name ends it with a slash.
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    self.averaged = averaged
    guard try PathKind.of(path) == .directory else {
      file = path
      return
    }
    let (checkpoint, note) = try Self.checkpoint(path)
    if let note { notes.append(note) }
    let choice = try AveragedWeightChoice(checkpoint, averaged)
    file = choice.file
    self.averaged = .ifThere
    if let note = choice.note { notes.append(note) }
  }

  /// Opens the file; see ``WeightFile/init(path:_:key:)``.
  package func open(key: String? = nil) throws -> WeightFile {
    try WeightFile(path: file, averaged, key: key)
  }

  /// The verified checkpoint that a folder is or holds, and a note if the folder is not the checkpoint.
  private static func checkpoint(_ path: String) throws -> (CheckpointDirectory, note: String?) {
    let folder = CheckpointDirectory(path: path)
    let store =
      if try PathKind.of(folder.file(CheckpointStore.folderName)) == .directory {
        CheckpointStore(path: folder.file(CheckpointStore.folderName))
      } else {
        CheckpointStore(path: path)
      }
    if try store.path == path && !store.holdsCheckpoints {
      let checkpoint = try CheckpointDirectory(existing: path)
      try checkpoint.verify()
      return (checkpoint, nil)
    }
    var reason = "there is no best one yet"
    if try PathKind.of(store.best.path) != nil {
      do {
        try store.best.verify()
        return (store.best, "\(path) is a run: its best checkpoint is taken, \(store.best)")
      } catch let error as CheckpointError {
        guard case .damaged = error else { throw error }
        reason = "\(error)"
      }
    }
    guard let checkpoint = try store.newestVerified().checkpoint else {
      throw CheckpointError.absent(path: path, advice: "it is a run's folder, without a sound checkpoint")
    }
    return (
      checkpoint, "\(path) is a run: its newest sound checkpoint is taken, \(checkpoint), because \(reason)"
    )
  }
}
