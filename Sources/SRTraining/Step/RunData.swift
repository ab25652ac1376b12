import SRData
import SRFiles
import SRModels

/// The image pairs that a configuration names.
struct RunData {
  let configuration: TrainingConfiguration

  init(_ configuration: TrainingConfiguration) { self.configuration = configuration }

  /// The pairs that are trained on and validated. With a recipe, the low-resolution validation pictures are made by it; those of
  /// training are made anew in each epoch (``TrainingSamples``).
  ///
  /// - Parameter progress: called repeatedly, on any thread, while pictures are made.
  func load(progress: @escaping @Sendable () -> Void = {}) throws -> DatasetSplit {
    let stored = try loadStored(progress: progress)
    return DatasetSplit(train: stored.train, valid: try degraded(stored.valid, progress: progress))
  }

  /// The pairs of one split, degraded if there is a recipe. The other split need not exist.
  func load(
    _ split: NumPyPairDataset.Split, progress: @escaping @Sendable () -> Void = {}
  ) throws -> any PairDataset {
    try degraded(loadStored(split, progress: progress), progress: progress)
  }

  private func degraded(
    _ pairs: any PairDataset, progress: @escaping @Sendable () -> Void
  ) throws -> any PairDataset {
    guard let recipe = try configuration.degradationRecipe() else { return pairs }
    // Runs of different seeds are measured on the same pictures.
    return try DegradedPairs(
      pairs, recipe, seed: DegradedPairs.standardSeed,
      threads: configuration.threads ?? AvailableResources().threads(ranksOnHost: 1), progress: progress)
  }

  private func loadStored(progress: @escaping @Sendable () -> Void) throws -> DatasetSplit {
    if let directory = configuration.data {
      try checkFolder(directory)
      return try DatasetSplit.load(directory: directory)
    }
    return try DatasetSplit.synthetic(
      trainCount: configuration.syntheticTrain, validCount: configuration.syntheticValid,
      seed: configuration.seed, scale: drawnScale(), progress: progress)
  }

  private func loadStored(
    _ split: NumPyPairDataset.Split, progress: @escaping @Sendable () -> Void
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
