/// The first few pairs of a data set.
struct LimitedDataset: PairDataset {
  let base: any PairDataset
  let count: Int

  var summary: String { "the first \(count) pairs of \(base.summary)" }
  var lowResHeight: Int { base.lowResHeight }
  var lowResWidth: Int { base.lowResWidth }
  var scale: Int { base.scale }

  func withPair<Result>(
    at index: Int,
    _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    try base.withPair(at: index, body)
  }
}

extension DatasetSplit {
  /// The same data, but no more than so many pairs of each part.
  package func limited(train trainCount: Int, valid validCount: Int) -> DatasetSplit {
    DatasetSplit(
      train: LimitedDataset(base: train, count: min(trainCount, train.count)),
      valid: LimitedDataset(base: valid, count: min(validCount, valid.count)))
  }
}
