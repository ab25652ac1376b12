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

  /// Whether the directory holds averaged weights. Throws ``FileError`` if the system cannot tell.
  package var hasAveragedWeights: Bool {
    get throws { try PathKind.of(file(Self.averagedFile)) != nil }
  }

  /// Reads `state.json`, without verifying checksums. Throws ``CheckpointError``.
  package func state() throws -> CheckpointState {
    struct Version: Decodable {
      let format_version: Int
    }
    do {
      let bytes = try OpenFile.contents(of: file(Self.stateFile))
      // The version comes first: the state of a newer version may lack fields that this program needs.
      let version = try ReadableJSON.decode(Version.self, from: bytes).format_version
      guard version == CheckpointState.currentFormatVersion else {
        throw CheckpointError.unknownFormat(path: path, version: version)
      }
      let state = try ReadableJSON.decode(CheckpointState.self, from: bytes)
      if let problem = state.problem { throw CheckpointError.senseless(path: path, problem: problem) }
      return state
    } catch let error as CheckpointError {
      throw error
    } catch {
      let problems = ["\(Self.stateFile): \(Self.reason(error))"]
      throw Self.isUnread(error)
        ? CheckpointError.unread(path: path, problems: problems)
        : CheckpointError.damaged(path: path, problems: problems)
    }
  }

  /// Reads every file, compares it with `checksums.json`, and returns the state.
  ///
  /// Throws ``CheckpointError``, which names each file that is absent or that has another size or SHA-256 than recorded. Only
  /// ``CheckpointError/damaged(path:problems:)`` says that the checkpoint is of no use.
  @discardableResult
  package func verify() throws -> CheckpointState {
    let reports = fileReports()
    let problems = reports.compactMap { report in report.problem.map { "\(report.name): \($0)" } }
    guard problems.isEmpty else {
      throw reports.contains(where: \.isUnread)
        ? CheckpointError.unread(path: path, problems: problems)
        : CheckpointError.damaged(path: path, problems: problems)
    }
    do {
      return try state()
    } catch CheckpointError.damaged(_, let problems) {
      // The bytes are as they were written, so they are not damaged. This program does not understand them.
      throw CheckpointError.senseless(path: path, problem: problems.joined(separator: "; "))
    }
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
    guard try hasAveragedWeights else { throw CheckpointError.lacks(path: path, file: Self.averagedFile) }
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
    func at(_ context: DecodingError.Context) -> String {
      let place = context.codingPath.map(\.stringValue).joined(separator: ".")
      return place.isEmpty ? "is not the JSON that was expected" : "\"\(place)\" is not what was expected"
    }
    return switch error {
    case DecodingError.keyNotFound(let key, _): "lacks \"\(key.stringValue)\""
    case DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context),
      DecodingError.valueNotFound(_, let context):
      at(context)
    default: "\(error)"
    }
  }
}

extension CheckpointDirectory {
  /// The checkpoint that a user names. Throws ``CheckpointError/absent(path:advice:)`` if there is none, and ``FileError`` if the
  /// system cannot tell.
  package init(existing path: String) throws {
    guard let kind = try PathKind.of(path) else {
      throw CheckpointError.absent(path: path, advice: "nothing is there")
    }
    guard kind == .directory else {
      throw CheckpointError.absent(path: path, advice: "it is a file, and a checkpoint is a directory")
    }
    self.init(path: path)
    let files = [Self.checksumsFile, Self.stateFile, Self.modelFile].map(file)
    guard try !files.contains(where: { try PathKind.of($0) != nil }) else { return }
    let isRun = try PathKind.of(file(CheckpointStore.folderName)) != nil
    throw CheckpointError.absent(
      path: path,
      advice: isRun
        ? "it is a run's folder; name one of its checkpoints, such as \(file(CheckpointStore.folderName))/best"
        : "it holds none of a checkpoint's files")
  }
}
