import Foundation
import SRCheckpoint
import SRFiles
import SRReport

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
  /// Features of targets, until the run is complete.
  var features: String { "\(path)/features" }
  /// Decoded training pictures, until the run is complete.
  var dataCache: String { "\(path)/data-cache" }
  package var checkpoints: CheckpointStore { CheckpointStore(path: "\(path)/checkpoints") }

  /// The picture of an epoch, or of a validation within one.
  package func sample(of record: EpochRecord) -> String {
    record.fraction == nil
      ? sample(epoch: record.epoch) : "\(samples)/step-\(String(format: "%08d", record.step)).png"
  }

  /// The picture of an epoch, from 1.
  package func sample(epoch: Int) -> String {
    "\(samples)/epoch-\(String(format: "%04d", epoch)).png"
  }

  /// Whether the folder has a run's log or checkpoints. Throws ``FileError`` if the system cannot tell.
  var holdsRun: Bool {
    get throws { try [metricsLog, checkpoints.path].contains { try PathKind.of($0) != nil } }
  }

  /// Throws ``RunError`` if the run's files could not be written. Writes nothing.
  func checkAccess() throws {
    do {
      for folder in [path, samples, checkpoints.path, tensorboard] { try WriteAccess.checkFolder(folder) }
      for file in [configuration, metricsLog, metricsTable] { try WriteAccess.checkFile(file) }
    } catch {
      throw RunError("the run folder cannot be used: \(error); choose another --output")
    }
  }

  func create() throws {
    do {
      try DirectoryCalls.createWithParents(samples)
    } catch {
      throw RunError("the run folder cannot be used: \(error); choose another --output")
    }
  }
}

/// A run cannot start or continue, for a reason that does not concern a single file.
package struct RunError: Error, CustomStringConvertible, Equatable {
  package let description: String
  package init(_ description: String) { self.description = description }
}
