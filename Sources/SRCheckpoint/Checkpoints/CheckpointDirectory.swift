import Foundation
import SRFiles
import SRModels
import SRTensor

/// One checkpoint: a directory with `model.safetensors`, `optimizer.safetensors`, `state.json` and `checksums.json`. If the
/// run averages its weights, there is also `ema.safetensors`.
package struct CheckpointDirectory: Equatable, Sendable, CustomStringConvertible {
  package static let modelFile = "model.safetensors"
  package static let optimizerFile = "optimizer.safetensors"
  package static let averagedFile = "ema.safetensors"
  package static let stateFile = "state.json"
  package static let checksumsFile = "checksums.json"

  package let path: String

  package init(path: String) { self.path = path }

  package var description: String { path }

  /// The path of one of its files.
  package func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Whether the directory holds averaged weights.
  package var hasAveragedWeights: Bool { FileManager.default.fileExists(atPath: file(Self.averagedFile)) }

  /// Reads `state.json`, without verifying checksums. Throws ``CheckpointError``.
  package func state() throws -> CheckpointState {
    struct Version: Decodable {
      let format_version: Int
    }
    do {
      // The version comes first: the state of a newer version may lack fields that this program needs.
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

  /// Reads every file, compares it with `checksums.json`, and returns the state.
  ///
  /// Throws ``CheckpointError``, which names each file that is absent or that has another size or SHA-256 than recorded.
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

  /// Fills `arena` with the averaged weights. Throws ``CheckpointError/lacks(path:file:)`` if there are none, or
  /// ``SafetensorsError``.
  package func loadAveragedWeights(into arena: ParameterArena) throws {
    guard hasAveragedWeights else { throw CheckpointError.lacks(path: path, file: Self.averagedFile) }
    try loadParameters(from: file(Self.averagedFile), into: arena)
  }

  /// Adam's moments. PyTorch's names for them precede the parameter's own.
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

extension CheckpointDirectory {
  /// The checkpoint that a user names. Throws ``CheckpointError/absent(path:advice:)`` if there is none.
  package init(existing path: String) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw CheckpointError.absent(path: path, advice: "nothing is there")
    }
    guard isDirectory.boolValue else {
      throw CheckpointError.absent(path: path, advice: "it is a file, and a checkpoint is a directory")
    }
    self.init(path: path)
    let files = [Self.checksumsFile, Self.stateFile, Self.modelFile].map(file)
    guard !files.contains(where: { FileManager.default.fileExists(atPath: $0) }) else { return }
    let isRun = FileManager.default.fileExists(atPath: file("checkpoints"))
    throw CheckpointError.absent(
      path: path,
      advice: isRun
        ? "it is a run's folder; name one of its checkpoints, such as \(file("checkpoints"))/best"
        : "it holds none of a checkpoint's files")
  }

  /// The file to take weights from: `path` itself, unless it is a checkpoint.
  ///
  /// A checkpoint is verified. Then the file is that of the averaged weights, or of the model's if the run did not average
  /// them. Throws ``CheckpointError``.
  package static func weightFile(_ path: String) throws -> String {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue
    else { return path }
    let checkpoint = try CheckpointDirectory(existing: path)
    try checkpoint.verify()
    return checkpoint.file(checkpoint.hasAveragedWeights ? averagedFile : modelFile)
  }
}
