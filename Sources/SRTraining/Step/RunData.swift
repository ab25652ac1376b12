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
      guard try PathKind.of(directory) != nil else {
        throw ConfigurationError(
          "data: there is no folder '\(directory)'; `srdist prepare` makes one from photographs, and without --data "
            + "srdist trains on synthetic faces")
      }
      return try DatasetSplit.load(directory: directory)
    }
    return try DatasetSplit.synthetic(
      trainCount: configuration.syntheticTrain, validCount: configuration.syntheticValid,
      seed: configuration.seed, scale: configuration.scale ?? ModelDescription.attention.scale,
      progress: progress)
  }
}
