import Foundation
import SRFiles
import SRModels
import SRTensor

/// One checkpoint: a directory with `model.safetensors`, `optimizer.safetensors`, `state.json`,
/// `checksums.json` and, for runs that average their weights, `ema.safetensors`.
package struct CheckpointDirectory: Equatable, Sendable, CustomStringConvertible {
  package static let modelFile = "model.safetensors"
  package static let optimizerFile = "optimizer.safetensors"
  package static let averagedFile = "ema.safetensors"
  package static let stateFile = "state.json"
  package static let checksumsFile = "checksums.json"

  package let path: String

  package init(path: String) { self.path = path }

  package var description: String { path }

  /// Path of one of its files.
  package func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Whether the directory holds averaged weights.
  package var hasAveragedWeights: Bool { FileManager.default.fileExists(atPath: file(Self.averagedFile)) }

  /// Reads `state.json`, without verifying checksums. Throws ``CheckpointError``.
  package func state() throws -> CheckpointState {
    struct Version: Decodable {
      let format_version: Int
    }
    do {
      // The version first: a newer state may lack what this one needs.
      let version = try ReadableJSON.decode(Version.self, fromFile: file(Self.stateFile)).format_version
      guard version == CheckpointState.currentFormatVersion else {
        throw CheckpointError.unknownFormat(path: path, version: version)
      }
      return try ReadableJSON.decode(CheckpointState.self, fromFile: file(Self.stateFile))
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw CheckpointError.damaged(path: path, problems: ["\(Self.stateFile): \(Self.reason(error))"])
    }
  }

  /// Reads every file and compares it with `checksums.json`; returns the state.
  ///
  /// Throws ``CheckpointError`` naming each file that is absent, or of another size or SHA-256, than
  /// recorded.
  @discardableResult
  package func verify() throws -> CheckpointState {
    let problems = fileReports().compactMap { report in report.problem.map { "\(report.name): \($0)" } }
    guard problems.isEmpty else { throw CheckpointError.damaged(path: path, problems: problems) }
    return try state()
  }

  /// The network that is trained: as the state says or, in checkpoints of versions that did not record it, as the weights do.
  ///
  /// Throws ``SafetensorsError``.
  package func modelDescription(_ state: CheckpointState) throws -> ModelDescription {
    try state.model ?? SafetensorsFile(path: file(Self.modelFile)).modelDescription()
  }

  /// Fills `arena` with the model's weights. Throws ``SafetensorsError``.
  package func loadWeights(into arena: ParameterArena) throws {
    try loadParameters(from: file(Self.modelFile), into: arena)
  }

  /// Fills the optimizer's moments. Throws ``SafetensorsError``.
  package func loadMoments(first: ParameterArena, second: ParameterArena) throws {
    try loadParameters(
      from: file(Self.optimizerFile), into: Self.moments(first: first, second: second))
  }

  /// Fills `arena` with the averaged weights. Throws ``CheckpointError/lacks(path:file:)`` where there are
  /// none, or ``SafetensorsError``.
  package func loadAveragedWeights(into arena: ParameterArena) throws {
    guard hasAveragedWeights else { throw CheckpointError.lacks(path: path, file: Self.averagedFile) }
    try loadParameters(from: file(Self.averagedFile), into: arena)
  }

  /// PyTorch's names for Adam's moments, before the parameter's own.
  static func moments(first: ParameterArena, second: ParameterArena) -> [ParameterGroup] {
    [
      ParameterGroup(prefix: "exp_avg.", arena: first),
      ParameterGroup(prefix: "exp_avg_sq.", arena: second),
    ]
  }

  static func reason(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "lacks \"\(key.stringValue)\""
    case DecodingError.dataCorrupted, DecodingError.typeMismatch, DecodingError.valueNotFound:
      "is not the JSON that was expected"
    default: "\(error)"
    }
  }
}
