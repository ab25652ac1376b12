import Foundation
import SRData

/// The image pairs that a configuration names.
struct RunData {
  let configuration: TrainingConfiguration

  init(_ configuration: TrainingConfiguration) { self.configuration = configuration }

  func load() throws -> DatasetSplit {
    if let directory = configuration.data {
      guard FileManager.default.fileExists(atPath: directory) else {
        throw ConfigurationError(
          "data: there is no folder '\(directory)'; `srdist prepare` makes one of photographs, and without --data "
            + "faces are drawn")
      }
      return try DatasetSplit.load(directory: directory)
    }
    return DatasetSplit.synthetic(
      trainCount: configuration.syntheticTrain, validCount: configuration.syntheticValid,
      seed: configuration.seed)
  }
}
