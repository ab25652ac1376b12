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

  /// Whether the folder has a run's log or checkpoints.
  var holdsRun: Bool {
    let files = FileManager.default
    return files.fileExists(atPath: metricsLog) || files.fileExists(atPath: "\(path)/checkpoints")
  }

  /// Throws ``RunError`` if the run's files could not be written. Writes nothing.
  func checkAccess() throws {
    do {
      for folder in [path, samples, checkpoints.path, tensorboard] { try WriteAccess.checkFolder(folder) }
      for file in [configuration, metricsLog, metricsTable] { try WriteAccess.checkFile(file) }
    } catch {
      throw RunError("the run folder \(path): \(error); choose another --output")
    }
  }

  func create() throws {
    do {
      try DirectoryCalls.createWithParents(samples)
      // The call above does not fail if a file has the folder's name.
      _ = try DirectoryCalls.names(in: samples)
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
  private let descriptor: Int32

  /// Throws ``RunError`` if another program still holds the lock after `patience` seconds.
  ///
  /// - Parameter createsFiles: whether the folder and the lock's file are created. If they are not, and there is no such file,
  ///   returns nil: then no program writes to the folder.
  init?(_ folder: RunFolder, createsFiles: Bool, patience: Double = 10) throws {
    if createsFiles { try folder.create() }
    let path = "\(folder.path)/.lock"
    descriptor = open(path, (createsFiles ? O_CREAT : 0) | O_RDWR | O_CLOEXEC, 0o644)
    if descriptor < 0, errno == ENOENT, !createsFiles { return nil }
    guard descriptor >= 0 else { throw RunError("cannot open \(path): \(String(cString: strerror(errno)))") }
    let deadline = Date(timeIntervalSinceNow: patience)
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      // Some network file systems have no locks. Training goes ahead there without one.
      guard errno == EWOULDBLOCK else { return }
      guard Date() < deadline else {
        // All properties are set, so deinit closes the file.
        throw RunError("another program is writing to \(folder.path); end it, or choose another --output")
      }
      Thread.sleep(forTimeInterval: 0.1)
    }
  }

  deinit { close(descriptor) }
}
