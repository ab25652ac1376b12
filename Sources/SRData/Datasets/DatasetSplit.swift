import Foundation

/// The two parts of the data that a run needs.
package struct DatasetSplit: Sendable {
  package let train: any PairDataset
  package let valid: any PairDataset

  package init(train: any PairDataset, valid: any PairDataset) {
    self.train = train
    self.valid = valid
  }

  /// The `.npy` pairs in a directory that `srdist prepare` wrote.
  /// - Throws: ``FileError``, ``NumPyError`` or ``PairDatasetError``.
  package static func load(directory: String) throws -> DatasetSplit {
    let train = try NumPyPairDataset(directory: directory, split: .train)
    let valid = try NumPyPairDataset(directory: directory, split: .valid)
    guard train.lowResHeight == valid.lowResHeight, train.lowResWidth == valid.lowResWidth else {
      throw PairDatasetError(
        path: directory,
        expected: "training and validation pictures of one size",
        found: "low-resolution sizes \(train.lowResHeight) x \(train.lowResWidth) and "
          + "\(valid.lowResHeight) x \(valid.lowResWidth)")
    }
    guard train.scale == valid.scale else {
      throw PairDatasetError(
        path: directory, expected: "training and validation pictures of one scale",
        found: "scales \(train.scale) and \(valid.scale)")
    }
    return DatasetSplit(train: train, valid: valid)
  }

  /// Drawn faces, for a run without data; no face serves both parts. See ``SyntheticFaces``.
  ///
  /// - Parameters:
  ///   - threads: only makes it faster.
  ///   - progress: called after each face, on any thread.
  package static func synthetic(
    trainCount: Int, validCount: Int, seed: UInt64, scale: Int = 4,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount, progress: @Sendable () -> Void = {}
  ) -> DatasetSplit {
    DatasetSplit(
      train: SyntheticFaces(seed: seed, count: trainCount, scale: scale, threads: threads, progress: progress),
      valid: SyntheticFaces(seed: seed, count: validCount, first: trainCount, scale: scale, threads: threads, progress: progress))
  }
}
