import SRData
import SRFiles
import SRModels

/// The image pairs that a configuration names.
struct RunData {
  let configuration: TrainingConfiguration

  init(_ configuration: TrainingConfiguration) { self.configuration = configuration }

  /// - Parameter progress: called repeatedly, on any thread, while faces are generated.
  func load(progress: @escaping @Sendable () -> Void = {}) throws -> DatasetSplit {
    if let directory = configuration.data {
      try checkFolder(directory)
      return try DatasetSplit.load(directory: directory)
    }
    return try DatasetSplit.synthetic(
      trainCount: configuration.syntheticTrain, validCount: configuration.syntheticValid,
      seed: configuration.seed, scale: drawnScale(), progress: progress)
  }

  /// The pairs of one split. The other one need not exist.
  func load(
    _ split: NumPyPairDataset.Split, progress: @escaping @Sendable () -> Void = {}
  ) throws -> any PairDataset {
    guard let directory = configuration.data else {
      return try DatasetSplit.synthetic(
        split, trainCount: configuration.syntheticTrain, validCount: configuration.syntheticValid,
        seed: configuration.seed, scale: drawnScale(), progress: progress)
    }
    try checkFolder(directory)
    do {
      return try NumPyPairDataset(directory: directory, split: split)
    } catch let error as FileError where error.saysAbsent {
      let other: NumPyPairDataset.Split = split == .train ? .valid : .train
      guard (try? NumPyPairDataset(directory: directory, split: other)) != nil else { throw error }
      throw ConfigurationError(
        "data: '\(directory)' has no \(split.rawValue) images (\(error)). It has \(other.rawValue) images, which "
          + "--split \(other.rawValue) measures")
    }
  }

  private func checkFolder(_ directory: String) throws {
    guard try PathKind.of(directory) != nil else {
      throw ConfigurationError(
        "data: there is no folder '\(directory)'; `srdist prepare` makes one from photographs, and without --data "
          + "srdist trains on synthetic faces")
    }
  }

  private func drawnScale() throws -> Int {
    let scale = configuration.scale ?? configuration.model.description.scale
    guard SyntheticFaces.canReduce(by: scale) else {
      throw ConfigurationError(
        "scale: synthetic faces cannot be reduced by \(scale), which does not divide their height of "
          + "\(SyntheticFaces.highResSize). Give --data of scale \(scale) (`srdist prepare --scale \(scale)`)."
      )
    }
    return scale
  }
}
