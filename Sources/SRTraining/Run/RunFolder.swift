import Foundation
import SRCheckpoint
import SRFiles

/// The folder of a run's files.
package struct RunFolder: Sendable {
  package let path: String

  package init(path: String) { self.path = path }

  package var configuration: String { "\(path)/config.yaml" }
  package var metricsLog: String { "\(path)/metrics.jsonl" }
  package var metricsTable: String { "\(path)/metrics.csv" }
  /// Event files.
  package var tensorboard: String { "\(path)/tensorboard" }
  package var samples: String { "\(path)/samples" }
  package var checkpoints: CheckpointStore { CheckpointStore(path: "\(path)/checkpoints") }

  /// The picture of an epoch, from 1.
  package func sample(epoch: Int) -> String {
    "\(samples)/epoch-\(String(format: "%04d", epoch)).png"
  }

  /// Whether the folder has a run's log or checkpoints. Throws ``FileError`` if the system cannot tell.
  var holdsRun: Bool {
    get throws { try [metricsLog, checkpoints.path].contains { try PathKind.of($0) != nil } }
  }

  func create() throws {
    do {
      try DirectoryCalls.createWithParents(samples)
    } catch {
      throw RunError("the run folder \(path): \(error); choose another --output")
    }
  }
}

/// A run cannot start or continue, for a reason that does not concern a single file.
package struct RunError: Error, CustomStringConvertible, Equatable {
  package let description: String
  package init(_ description: String) { self.description = description }
}

/// A lock on a run folder: only one program at a time writes to it.
///
/// The lock ends with its process, however the process ends. A killed process may take a moment to disappear, and its
/// successor waits for that.
final class RunLock {
  private let file: OpenFile

  /// Throws ``RunError`` if another program still holds the lock after `patience` seconds.
  init(_ folder: RunFolder, patience: Double = 10) throws {
    try folder.create()
    let path = "\(folder.path)/.lock"
    file = try OpenFile(path, O_CREAT | O_RDWR)
    let deadline = Date(timeIntervalSinceNow: patience)
    while true {
      let code = file.lock()
      // Some network file systems have no locks. Training goes ahead there without one.
      if [0, ENOLCK, ENOSYS, EOPNOTSUPP, EINVAL].contains(code) { return }
      guard code == EWOULDBLOCK else {
        throw RunError("cannot lock \(path): \(String(cString: strerror(code)))")
      }
      guard Date() < deadline else {
        throw RunError("another program is writing to \(folder.path); end it, or choose another --output")
      }
      Thread.sleep(forTimeInterval: 0.1)
    }
  }
}
