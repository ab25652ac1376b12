import SRFiles
import SRModels

/// What a weight file, a checkpoint or a run's folder holds.
package struct Inspection: Codable, Equatable, Sendable {
  package enum Kind: String, Codable, Sendable {
    case weightFile = "weight_file"
    case checkpoint
    case run
  }

  package struct Tensor: Codable, Equatable, Sendable {
    package let name: String
    package let dtype: String
    package let shape: [Int]
    package let count: Int
  }

  /// One checkpoint of a run, and what is wrong with it.
  package struct CheckpointSummary: Codable, Equatable, Sendable {
    package let path: String
    package let step: Int?
    package let epoch: Int?
    package let completedEpochs: Int?
    /// `nil` for a sound checkpoint.
    package let problem: String?

    private enum CodingKeys: String, CodingKey {
      case path, step, epoch, problem
      case completedEpochs = "completed_epochs"
    }
  }

  package let path: String
  package let kind: Kind
  /// The tensors of the weight file, or of the checkpoint's model.
  package private(set) var tensors: [Tensor] = []
  package private(set) var metadata: [String: String] = [:]
  /// What wrapping was taken off the tensors.
  package private(set) var notes: [String] = []
  /// The network that the weights belong to; nil if it is none that srdist trains.
  package private(set) var model: ModelDescription?
  package private(set) var state: CheckpointState?
  /// The checkpoint's files, compared with `checksums.json`.
  package private(set) var files: [CheckpointDirectory.FileReport] = []
  /// A run's checkpoints, newest first, and then the best one.
  package private(set) var checkpoints: [CheckpointSummary] = []
  /// What is damaged. Empty if everything is sound.
  package private(set) var problems: [String] = []

  enum CodingKeys: String, CodingKey {
    case path, kind, model, tensors, metadata, notes, state, files, checkpoints, problems
  }

  /// Inspects `path`: a weight file, a checkpoint's directory, or a run's folder (or its `checkpoints`).
  ///
  /// Damage inside a checkpoint, and values that are not finite, are reported in ``problems``. Throws ``SafetensorsError`` or
  /// ``WeightFileError`` for a malformed weight file, and ``InspectionError`` for a path that is none of these, and ``FileError`` if the system cannot tell what is there.
  ///
  /// - Parameters:
  ///   - averaged: which weights of a checkpoint or of a file that has both are shown. A run's weights are not shown.
  ///   - key: where the weights lie in a file; see ``WeightFile/init(path:_:key:)``.
  package init(path: String, _ averaged: AveragedWeights = .ifThere, key: String? = nil) throws {
    guard let place = try PathKind.of(path) else {
      throw InspectionError(path: path, problem: "does not exist")
    }
    self.path = path
    let checkpoint = CheckpointDirectory(path: path)
    let holds = { (name: String) in try PathKind.of(checkpoint.file(name)) != nil }
    if place != .directory {
      kind = .weightFile
      try describe(weights: path, averaged, key: key)
    } else if try holds(CheckpointDirectory.stateFile) || holds(CheckpointDirectory.checksumsFile) {
      kind = .checkpoint
      try describe(checkpoint, averaged)
    } else {
      kind = .run
      guard averaged == .ifThere else {
        throw InspectionError(
          path: path, problem: "is no weight file and no checkpoint, so it has no weights to choose from",
          expected: "one of them beside --ema or --no-ema")
      }
      let store = CheckpointStore(
        path: try holds(CheckpointStore.folderName) ? checkpoint.file(CheckpointStore.folderName) : path)
      try describe(store)
      guard !checkpoints.isEmpty else {
        throw InspectionError(path: path, problem: "is a folder without checkpoints")
      }
    }
  }

  private mutating func describe(
    weights path: String, _ averaged: AveragedWeights = .ifThere, key: String? = nil
  ) throws {
    let file = try WeightFile(path: path, averaged, key: key)
    metadata = file.metadata
    notes += file.notes
    model = try? file.modelDescription()
    tensors = file.tensors.map {
      Tensor(name: $0.name, dtype: $0.dtype.rawValue, shape: $0.shape, count: $0.count)
    }
    problems += try Self.notFinite(file, at: path)
  }

  private static func notFinite(_ file: WeightFile, at path: String) throws -> [String] {
    try file.tensors.filter(\.dtype.isFloatingPoint).compactMap { tensor in
      WeightFileError.notFinite(path, tensor.name, try file.floats(tensor)).map { "\($0)" }
    }
  }

  private mutating func describe(_ checkpoint: CheckpointDirectory, _ averaged: AveragedWeights) throws {
    let choice = try AveragedWeightChoice(checkpoint, averaged)
    notes += choice.note.map { [$0] } ?? []
    files = checkpoint.fileReports()
    problems = files.compactMap { file in file.problem.map { "\(file.name): \($0)" } }
    do {
      state = try checkpoint.state()
    } catch {
      problems.append("\(error)")
    }
    do {
      try describe(weights: choice.file)
    } catch {
      problems.append("\(error)")
    }
  }

  private mutating func describe(_ store: CheckpointStore) throws {
    var directories = try store.list()
    if try PathKind.of(store.best.path) != nil { directories.append(store.best) }
    for directory in directories {
      do {
        let state = try directory.verify()
        model = try? model ?? directory.modelDescription(state)
        let weights = directory.file(CheckpointDirectory.modelFile)
        let problem = try Self.notFinite(WeightFile(path: weights), at: weights).first
        checkpoints.append(
          CheckpointSummary(
            path: directory.path, step: state.step, epoch: state.epoch,
            completedEpochs: state.completedEpochs,
            problem: problem))
        if let problem { problems.append(problem) }
      } catch {
        checkpoints.append(
          CheckpointSummary(
            path: directory.path, step: nil, epoch: nil, completedEpochs: nil, problem: "\(error)"))
        problems.append("\(error)")
      }
    }
  }
}

/// A path that holds nothing to inspect.
package struct InspectionError: Error, Equatable, Sendable, CustomStringConvertible {
  package let path: String
  package let problem: String
  var expected = "a weight file, a checkpoint, or a run"

  package var description: String { "\(path) \(problem); expected \(expected)" }
}
