import SRDistributed
import SRTensor

/// Steps of a gradient exchange over synthetic gradients.
package struct ExchangeRun {
  package let reducer: any GradientReducer
  package let arenaCount: Int

  package init(_ reducer: any GradientReducer) {
    self.reducer = reducer
    arenaCount = reducer.buckets.arenaCount
  }

  /// An exchange of buckets that differ in size. Not all sizes are divisible by the number of ranks.
  init(_ communicator: Communicator, _ options: ReductionOptions = ReductionOptions()) throws {
    let buckets = GradientBuckets(arenaCount: 1024, cuts: [16, 160, 528])
    self.init(
      try GradientExchange(
        communicator: communicator, buckets: buckets, destination: AlignedBuffer(count: 1024),
        options: options, reservedLeaves: 1, add: plainAdd))
  }

  /// Runs one step, and returns the mean gradient as this process received it.
  package func mean(batchSize: Int, step: Int = 0) throws -> [Float] {
    let gradients = SyntheticGradients(arenaCount: arenaCount, step: step)
    for sample in reducer.begin(batchSize: batchSize) {
      reducer.beginSample(sample).update(from: gradients.leaf(sample), count: arenaCount)
      reducer.complete(sample: sample)
    }
    try reducer.finish()
    return reducer.destination.values
  }
}
