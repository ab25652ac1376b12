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

  /// How the settings of a run begin.
  static let settingsHeader = "A run of srdist"

  /// Throws ``RunError`` if a start at the beginning would overwrite what is worth keeping: the log of a run that has lost its
  /// checkpoints. The log of a run that never had one is not.
  func checkStart() throws {
    guard try PathKind.of(metricsLog) != nil else { return }
    // An epoch with a checkpoint has its hash. The checkpoint is complete before the next step is logged.
    var epochs = 0, hasStepsAfter = false
    for line in try MetricsFile.read(metricsLog) {
      switch line {
      case .epoch(let record): epochs += record.weightsSHA256 == nil ? 0 : 1
      default: hasStepsAfter = hasStepsAfter || epochs > 0
      }
    }
    guard hasStepsAfter else { return }
    throw RunError(
      "\(path) has the log of \(epochs) checkpoint\(epochs == 1 ? "" : "s") and holds none, and a new start would overwrite the log; "
        + "bring the checkpoints back, choose another --output, or move \(path) to another place")
  }

  /// Throws ``RunError`` if `config.yaml` is no run's: it would be overwritten.
  private func checkSettings() throws {
    guard try PathKind.of(configuration) == .file else { return }
    let text = String(
      decoding: try OpenFile(BytePath(configuration), O_RDONLY).read(upTo: 256), as: UTF8.self)
    if text.isEmpty || text.hasPrefix("# \(Self.settingsHeader)") { return }
    throw RunError(
      "\(configuration) was not written by a run, and the run would overwrite it; move it out of \(path), or choose another --output"
    )
  }

  /// Throws ``RunError`` if the run's files could not be written. Writes nothing.
  func checkAccess() throws {
    do {
      for folder in [path, samples, checkpoints.path, tensorboard] { try WriteAccess.checkFolder(folder) }
      for file in [configuration, metricsLog, metricsTable] { try WriteAccess.checkFile(file) }
    } catch {
      throw RunError("the run folder cannot be used: \(error); choose another --output")
    }
    try checkSettings()
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
