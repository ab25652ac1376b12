import Foundation
import SRFiles

/// The checkpoints of a run: `step-00001234/` and the like for the last few, and `best/` for the best by validation.
///
/// One process at a time writes to a store: rank 0.
package struct CheckpointStore: Sendable {
  private static let stepPrefix = "step-"
  private static let bestName = "best"
  /// The store's folder in a run's folder.
  package static let folderName = "checkpoints"

  package let path: String

  package init(path: String) { self.path = path }

  /// Creates the folder if it does not exist. Call it once, before the first write. Throws ``FileError``.
  package func prepare() throws { try DirectoryCalls.createWithParents(path) }

  /// Removes what interrupted writes left, and puts back a checkpoint that moved aside for one that never came. The process
  /// that will write calls it before its first read.
  ///
  /// Returns what could not be removed. Throws ``FileError`` if it cannot tell what is there.
  package func recover() throws -> [Leftover] {
    guard try PathKind.of(path) != nil else { return [] }
    return try CheckpointDirectory.recover(in: path)
  }

  /// Tries whether a checkpoint of `byteCount` bytes can be written: in the folder, writes, flushes, renames and removes a small
  /// one, and looks for free space. Returns what could not be removed.
  ///
  /// Throws ``CheckpointError/unusableFolder(path:cause:)``.
  package func rehearse(byteCount: Int) throws -> Leftover? {
    do {
      return try CheckpointDirectory.rehearse(in: path, byteCount: byteCount)
    } catch let error as FileError {
      throw CheckpointError.unusableFolder(path: path, cause: error)
    }
  }

  /// Where the checkpoint of `step` lies or would lie.
  package func checkpoint(atStep step: Int) -> CheckpointDirectory {
    CheckpointDirectory(path: "\(path)/\(Self.name(ofStep: step))")
  }

  /// Where the best checkpoint lies or would lie.
  package var best: CheckpointDirectory { CheckpointDirectory(path: "\(path)/\(Self.bestName)") }

  /// Whether a checkpoint lies in this store.
  package func contains(_ checkpoint: CheckpointDirectory) -> Bool {
    func resolved(_ path: String) -> String {
      URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
    }
    return resolved(DirectoryCalls.parent(of: resolved(checkpoint.path))) == resolved(path)
  }

  /// Writes the checkpoint of `contents.state.step`. See ``CheckpointDirectory/write(_:to:leaving:)``. Throws
  /// ``CheckpointError``.
  @discardableResult
  package func save(
    _ contents: CheckpointContents, leaving: (Leftover) -> Void = { _ in }
  ) throws -> CheckpointDirectory {
    let path = checkpoint(atStep: contents.state.step).path
    return try CheckpointDirectory.write(contents, to: path, leaving: leaving)
  }

  /// Replaces the best checkpoint. It is a copy of its own, so pruning or damage elsewhere does not affect it. Throws
  /// ``CheckpointError``.
  @discardableResult
  package func saveBest(
    _ contents: CheckpointContents, leaving: (Leftover) -> Void = { _ in }
  ) throws -> CheckpointDirectory {
    try CheckpointDirectory.write(contents, to: best.path, leaving: leaving)
  }

  /// Whether there are checkpoints, sound or not. Throws ``FileError``.
  package var holdsCheckpoints: Bool {
    get throws { try PathKind.of(best.path) != nil || !steps().isEmpty }
  }

  /// The numbered checkpoints, newest first. If the folder does not exist, there are none. Throws ``FileError``.
  package func list() throws -> [CheckpointDirectory] {
    try steps().map { checkpoint(atStep: $0) }
  }

  /// The newest checkpoint that verifies, its state, and why damaged ones were skipped. The best one counts too.
  ///
  /// Throws ``FileError`` or ``CheckpointError`` if a newer one could not be read or understood. It may be sound, and a run that
  /// resumes from an older one would overwrite it.
  package func newestVerified() throws -> Selection {
    var selection = Selection()
    for checkpoint in try candidates() {
      do {
        selection.state = try verify(checkpoint)
        selection.checkpoint = checkpoint
        return selection
      } catch let error as CheckpointError {
        guard case .damaged = error else { throw error }
        selection.warnings.append(error)
      }
    }
    return selection
  }

  /// Removes all numbered checkpoints except the `count` newest. The newest one that verifies stays in any case. The best one
  /// is not touched. If a newer one could not be read, all stay.
  ///
  /// - Parameter written: a checkpoint that this process has just written. It counts as sound and is not read again.
  package func prune(keep count: Int, written: CheckpointDirectory? = nil) -> Removal {
    precondition(count >= 1, "at least 1 checkpoint has to be kept, not \(count)")
    var removal = Removal()
    do {
      // What could not be removed earlier is tried again.
      removal.leftovers = try recover()
      let all = try list()
      guard all.count > count else { return removal }
      let newestSound = try newestSound(of: all, written: written)
      for checkpoint in all.dropFirst(count) where checkpoint != newestSound {
        do {
          if let leftover = try checkpoint.remove() { removal.leftovers.append(leftover) }
          removal.removed.append(checkpoint)
        } catch {
          removal.leftovers.append(Leftover(path: checkpoint.path, reason: "\(error)"))
        }
      }
    } catch {
      removal.leftovers.append(Leftover(path: path, reason: "no old checkpoint is removed, because \(error)"))
    }
    return removal
  }

  /// Removes the checkpoints of later steps, including the best one: a run that goes back to `step` abandons them.
  ///
  /// Those that are damaged or that this program does not understand stay: perhaps a newer program wrote them. Throws
  /// ``FileError`` or ``CheckpointError``. If a checkpoint could not be read, nothing is removed.
  package func removeNewer(thanStep step: Int) throws -> Removal {
    var newer = try steps().filter { $0 > step }.map { checkpoint(atStep: $0) }
    if try PathKind.of(best.path) != nil { newer.append(best) }
    newer = try newer.filter { checkpoint in
      do {
        return try verify(checkpoint).step > step
      } catch let error as CheckpointError {
        if case .unread = error { throw error }
        return false
      }
    }
    var removal = Removal()
    for checkpoint in newer {
      if let leftover = try checkpoint.remove() { removal.leftovers.append(leftover) }
      removal.removed.append(checkpoint)
    }
    // If they came back after a power failure, the run would resume from steps that its log lacks.
    if !newer.isEmpty { try DirectoryCalls.flush(path) }
    return removal
  }

  /// What ``newestVerified()`` found.
  package struct Selection: Sendable {
    /// Absent if no checkpoint verifies.
    package internal(set) var checkpoint: CheckpointDirectory?
    package internal(set) var state: CheckpointState?
    /// Damaged checkpoints that were skipped, newest first.
    package internal(set) var warnings: [CheckpointError] = []
  }

  /// What was removed.
  package struct Removal: Sendable {
    package fileprivate(set) var removed: [CheckpointDirectory] = []
    /// What should have been removed and stays.
    package fileprivate(set) var leftovers: [Leftover] = []
  }

  /// Whether a store may have a checkpoint of that name.
  static func hasCheckpoint(named name: String) -> Bool { name == bestName || step(ofName: name) != nil }

  private static func name(ofStep step: Int) -> String {
    let digits = String(step)
    return stepPrefix + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  private static func step(ofName name: String) -> Int? {
    guard name.hasPrefix(stepPrefix), let step = Int(name.dropFirst(stepPrefix.count)) else { return nil }
    return Self.name(ofStep: step) == name ? step : nil
  }

  /// The steps of the numbered checkpoints, newest first.
  private func steps() throws -> [Int] {
    guard try PathKind.of(path) != nil else { return [] }
    return try DirectoryCalls.names(in: path).compactMap(Self.step(ofName:)).sorted(by: >)
  }

  /// ``CheckpointDirectory/verify()``, and whether a numbered checkpoint is of the step that its name says.
  private func verify(_ checkpoint: CheckpointDirectory) throws -> CheckpointState {
    let state = try checkpoint.verify()
    if let step = Self.step(ofName: DirectoryCalls.name(of: checkpoint.path)), step != state.step {
      throw CheckpointError.senseless(
        path: checkpoint.path, problem: "step is \(state.step), and its name says \(step)")
    }
    return state
  }

  /// The first that is `written` or verifies. Throws ``CheckpointError`` if one before it could not be read.
  private func newestSound(
    of checkpoints: [CheckpointDirectory], written: CheckpointDirectory?
  ) throws -> CheckpointDirectory? {
    try checkpoints.first { checkpoint in
      if checkpoint == written { return true }
      do {
        _ = try verify(checkpoint)
        return true
      } catch let error as CheckpointError {
        if case .unread = error { throw error }
        return false
      }
    }
  }

  /// The numbered checkpoints and the best one, newest first.
  private func candidates() throws -> [CheckpointDirectory] {
    var candidates = try steps().map { (step: $0, checkpoint: checkpoint(atStep: $0)) }
    if try PathKind.of(best.path) != nil {
      // If the best one is damaged, it comes last.
      var step = -1
      do {
        step = try best.verify().step
      } catch CheckpointError.damaged {}
      let position = candidates.firstIndex { $0.step < step } ?? candidates.endIndex
      candidates.insert((step, best), at: position)
    }
    return candidates.map(\.checkpoint)
  }
}
