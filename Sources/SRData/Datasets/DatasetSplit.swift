import SRFiles
import SRTensor

/// Stored pairs in two parts: for training and for validation.
package struct DatasetSplit: Sendable {
  package let train: any PairDataset
  package let valid: any PairDataset

  package init(train: any PairDataset, valid: any PairDataset) {
    self.train = train
    self.valid = valid
  }

  /// The `.npy` pairs in a directory, as `srdist prepare` writes them.
  ///
  /// - Parameter range: the values that stand for the intensities 0 and 1; nil for the type's whole range.
  /// - Throws: ``FileError``, ``NumPyError`` or ``PairDatasetError``; ``PreparationError`` if `srdist prepare` is putting other
  ///   arrays in their places.
  package static func load(directory: String, range: ValueRange? = nil) throws -> DatasetSplit {
    let before = try PreparedFolder.snapshot(of: directory)
    let train = try NumPyPairDataset(directory: directory, split: .train, range: range)
    let valid = try NumPyPairDataset(directory: directory, split: .valid, range: range)
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
    func format(_ pairs: NumPyPairDataset) -> String {
      "\(pairs.values.sample.rawValue) of \(pairs.lowResChannels) and \(pairs.highResChannels) channels"
    }
    guard format(train) == format(valid) else {
      throw PairDatasetError(
        path: directory, expected: "training and validation pictures of one type and number of channels",
        found: "\(format(train)), and \(format(valid))")
    }
    guard try PreparedFolder.snapshot(of: directory) == before else {
      throw PreparationError.replacedMeanwhile(directory)
    }
    return DatasetSplit(train: train, valid: valid)
  }

  /// Drawn faces, for a run without data. No face is in both parts. See ``SyntheticFaces``.
  ///
  /// - Parameters:
  ///   - threads: only affects the speed.
  ///   - progress: called after each face, on any thread.
  /// - Throws: ``ThreadError`` if the system does not start all threads.
  package static func synthetic(
    trainCount: Int, validCount: Int, seed: UInt64, scale: Int = 4,
    threads: Int = AvailableResources().threads(ranksOnHost: 1), progress: @escaping @Sendable () -> Void = {}
  ) throws -> DatasetSplit {
    func part(_ split: NumPyPairDataset.Split) throws -> SyntheticFaces {
      try synthetic(
        split, trainCount: trainCount, validCount: validCount, seed: seed, scale: scale, threads: threads,
        progress: progress)
    }
    return DatasetSplit(train: try part(.train), valid: try part(.valid))
  }

  /// One part of ``synthetic(trainCount:validCount:seed:scale:threads:progress:)``.
  package static func synthetic(
    _ split: NumPyPairDataset.Split, trainCount: Int, validCount: Int, seed: UInt64, scale: Int = 4,
    threads: Int = AvailableResources().threads(ranksOnHost: 1), progress: @escaping @Sendable () -> Void = {}
  ) throws -> SyntheticFaces {
    try SyntheticFaces(
      seed: seed, count: split == .train ? trainCount : validCount, first: split == .train ? 0 : trainCount,
      scale: scale, threads: threads, progress: progress)
  }
}

extension PairDataset {
  /// The same data, but at most so many pairs.
  package func limited(to count: Int) -> any PairDataset {
    LimitedDataset(base: self, count: min(count, self.count))
  }
}

/// The first few pairs of a data set.
private struct LimitedDataset: PairDataset {
  let base: any PairDataset
  let count: Int

  var summary: String { "the first \(count) pairs of \(base.summary)" }
  var lowResHeight: Int { base.lowResHeight }
  var lowResWidth: Int { base.lowResWidth }
  var scale: Int { base.scale }
  var lowResChannels: Int { base.lowResChannels }
  var highResChannels: Int { base.highResChannels }
  var values: SampleScale { base.values }
  var resampling: Resampling { base.resampling }
  var files: [MappedFile] { base.files }

  func withPair<Result>(
    at index: Int,
    _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    try base.withPair(at: index, body)
  }
}
