import Foundation
import SRFiles

/// The checkpoints of a run: `step-00001234/` and the like for the last few, and `best/` for the best by validation.
///
/// One process at a time writes to a store: rank 0.
package struct CheckpointStore: Sendable {
  private static let stepPrefix = "step-"
  private static let bestName = "best"

  package let path: String

  package init(path: String) { self.path = path }

  /// Creates the folder if it does not exist. Call it once, before the first write. Throws ``FileError``.
  package func prepare() throws {
    try DirectoryCalls.createWithParents(path)
    try recover()
  }

  /// Removes what interrupted writes left, and puts back a checkpoint that moved aside for one that never came. The process
  /// that will write calls it before its first read. Throws ``FileError``.
  package func recover() throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    try CheckpointDirectory.restoreReplaced(in: path)
  }

  /// Where the checkpoint of `step` lies or would lie.
  package func checkpoint(atStep step: Int) -> CheckpointDirectory {
    let digits = String(step)
    let name = Self.stepPrefix + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    return CheckpointDirectory(path: "\(path)/\(name)")
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

  /// Writes the checkpoint of `contents.state.step`. Throws ``CheckpointError``.
  @discardableResult
  package func save(_ contents: CheckpointContents) throws -> CheckpointDirectory {
    try CheckpointDirectory.write(contents, to: checkpoint(atStep: contents.state.step).path)
  }

  /// Replaces the best checkpoint. It is a copy of its own, so pruning or damage elsewhere does not affect it. Throws
  /// ``CheckpointError``.
  @discardableResult
  package func saveBest(_ contents: CheckpointContents) throws -> CheckpointDirectory {
    try CheckpointDirectory.write(contents, to: best.path)
  }

  /// The numbered checkpoints, newest first. If the folder does not exist, there are none. Throws ``FileError``.
  package func list() throws -> [CheckpointDirectory] {
    try steps().map { checkpoint(atStep: $0) }
  }

  /// The newest checkpoint that verifies, its state, and why newer ones were skipped. The best one counts too. Throws
  /// ``FileError``.
  package func newestVerified() throws -> Selection {
    var selection = Selection()
    for checkpoint in try candidates() {
      do {
        selection.state = try checkpoint.verify()
        selection.checkpoint = checkpoint
        return selection
      } catch let error as CheckpointError {
        selection.warnings.append(error)
      }
    }
    return selection
  }

  /// Removes all numbered checkpoints except the `count` newest. The newest one that verifies stays in any case. The best one
  /// is not touched. Returns those that were removed. Throws ``FileError``.
  ///
  /// - Parameter written: a checkpoint that this process has just written. It counts as sound and is not read again.
  @discardableResult
  package func prune(keep count: Int, written: CheckpointDirectory? = nil) throws -> [CheckpointDirectory] {
    precondition(count >= 1, "at least 1 checkpoint has to be kept, not \(count)")
    let all = try list()
    guard all.count > count else { return [] }
    let newestSound = all.first { $0 == written || (try? $0.verify()) != nil }
    let removed = all.dropFirst(count).filter { $0 != newestSound }
    for checkpoint in removed { try checkpoint.remove() }
    return Array(removed)
  }

  /// Removes the checkpoints of later steps, including the best one: a run that goes back to `step` abandons them.
  ///
  /// Checkpoints that this program cannot read stay: perhaps a newer program wrote them. Returns those that were removed.
  /// Throws ``FileError``.
  @discardableResult
  package func removeNewer(thanStep step: Int) throws -> [CheckpointDirectory] {
    var newer = try steps().filter { $0 > step }.map { checkpoint(atStep: $0) }
    if let state = try? best.state(), state.step > step { newer.append(best) }
    newer = newer.filter { (try? $0.verify()) != nil }
    for checkpoint in newer { try checkpoint.remove() }
    return newer
  }

  /// What ``newestVerified()`` found.
  package struct Selection: Sendable {
    /// Absent if no checkpoint verifies.
    package internal(set) var checkpoint: CheckpointDirectory?
    package internal(set) var state: CheckpointState?
    /// Damaged checkpoints that were skipped, newest first.
    package internal(set) var warnings: [CheckpointError] = []
  }

  /// The steps of the numbered checkpoints, newest first.
  private func steps() throws -> [Int] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    return try DirectoryCalls.names(in: path)
      .filter { $0.hasPrefix(Self.stepPrefix) }
      .compactMap { name in
        Int(name.dropFirst(Self.stepPrefix.count)).flatMap {
          checkpoint(atStep: $0).path == "\(path)/\(name)" ? $0 : nil
        }
      }
      .sorted(by: >)
  }

  /// The numbered checkpoints and the best one, newest first.
  private func candidates() throws -> [CheckpointDirectory] {
    var candidates = try steps().map { (step: $0, checkpoint: checkpoint(atStep: $0)) }
    if FileManager.default.fileExists(atPath: best.path) {
      // If the best one's step cannot even be read, it comes last.
      let step = (try? best.state().step) ?? -1
      let position = candidates.firstIndex { $0.step < step } ?? candidates.endIndex
      candidates.insert((step, best), at: position)
    }
    return candidates.map(\.checkpoint)
  }
}
