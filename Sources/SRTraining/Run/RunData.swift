import SRData

/// The image pairs that a configuration names.
struct RunData {
  let configuration: TrainingConfiguration

  init(_ configuration: TrainingConfiguration) { self.configuration = configuration }

  func load() throws -> DatasetSplit {
    if let directory = configuration.data { return try DatasetSplit.load(directory: directory) }
    return DatasetSplit.synthetic(
      trainCount: configuration.syntheticTrain, validCount: configuration.syntheticValid,
      seed: configuration.seed)
  }
}
