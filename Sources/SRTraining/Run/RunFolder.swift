import Foundation
import SRCheckpoint
import SRFiles

/// Where a run's files lie.
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

  /// Whether a run has left its log or checkpoints here.
  var holdsRun: Bool {
    let files = FileManager.default
    return files.fileExists(atPath: metricsLog) || files.fileExists(atPath: "\(path)/checkpoints")
  }

  func create() throws {
    do {
      try DirectoryCalls.createWithParents(samples)
      // That there is something of its name is no error to the call.
      _ = try DirectoryCalls.names(in: samples)
    } catch {
      throw RunError("the run folder \(path): \(error); choose another --output")
    }
  }
}

/// A run that cannot start or go on, for a reason that is no single file's.
package struct RunError: Error, CustomStringConvertible, Equatable {
  package let description: String
  package init(_ description: String) { self.description = description }
}

/// One program at a time writes to a run folder.
///
/// The lock ends with the process, however that ends. One that was killed may take a moment to go, and its successor
/// waits for that.
final class RunLock {
  private let descriptor: Int32

  /// Throws ``RunError`` where another program still has the folder after `patience` seconds.
  init(_ folder: RunFolder, patience: Double = 10) throws {
    try folder.create()
    let path = "\(folder.path)/.lock"
    descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw RunError("cannot open \(path): \(String(cString: strerror(errno)))") }
    let deadline = Date(timeIntervalSinceNow: patience)
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      // Some network file systems have no locks; they are no reason not to train.
      guard errno == EWOULDBLOCK else { return }
      guard Date() < deadline else {
        // All is set, so that deinit closes the file.
        throw RunError("another program is writing to \(folder.path); end it, or choose another --output")
      }
      Thread.sleep(forTimeInterval: 0.1)
    }
  }

  deinit { close(descriptor) }
}
