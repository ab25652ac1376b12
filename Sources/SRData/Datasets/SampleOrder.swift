import SRTensor

/// The order in which an epoch takes the samples. It is a function of the seed and the epoch alone, so every rank computes the
/// same one, and so does a run that resumes within an epoch.
package struct SampleOrder: Sendable, Equatable {
  package let seed: UInt64
  /// Number of samples.
  package let count: Int
  /// If false, every epoch takes `0, 1, ..., count - 1`.
  package let shuffled: Bool

  /// Keeps these draws apart from other uses of the same seed.
  private static let substream: UInt32 = 0x6F72_6472  // "ordr"

  package init(seed: UInt64, count: Int, shuffled: Bool = true) {
    precondition(count > 0, "an order of \(count) samples")
    self.seed = seed
    self.count = count
    self.shuffled = shuffled
  }

  /// Every sample's index, once.
  package func order(epoch: Int) -> [Int] {
    guard shuffled else { return Array(0..<count) }
    var generator = PhiloxGenerator(
      seed: seed, stream: UInt32(truncatingIfNeeded: epoch), substream: Self.substream)
    return generator.permutation(of: count)
  }

  /// The steps of an epoch of `count` samples, including a last short batch: `ceil(count / batchSize)`.
  package static func stepsPerEpoch(count: Int, batchSize: Int) -> Int {
    precondition(batchSize > 0, "batches of \(batchSize)")
    return (count + batchSize - 1) / batchSize
  }

  /// The samples of one step of an epoch whose order is `order`. The last step may have fewer.
  package static func batch(step: Int, batchSize: Int, of order: [Int]) -> ArraySlice<Int> {
    let start = step * batchSize
    precondition(
      step >= 0 && batchSize > 0 && start < order.count,
      "step \(step) of batch size \(batchSize) in \(order.count) samples")
    return order[start..<min(start + batchSize, order.count)]
  }
}
