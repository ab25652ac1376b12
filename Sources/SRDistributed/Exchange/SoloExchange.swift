import SRTensor

/// The exchange of a rank that is alone: its one local root is the tree's root already.
final class SoloExchange: BucketExchange {
  private let local: LocalReduction
  private let destination: AlignedBuffer
  private let dataType: GradientDataType
  private var batchSize = 1
  private var done = 0

  init(local: LocalReduction, destination: AlignedBuffer, dataType: GradientDataType) {
    self.local = local
    self.destination = destination
    self.dataType = dataType
  }

  func begin(_ plan: BatchPlan) {
    batchSize = plan.tree.batchSize
    done = 0
  }

  func poll(isReady: (Int) -> Bool) -> ExchangeProgress {
    let before = done
    while done < local.buckets.count, isReady(done) {
      let range = local.buckets.ranges[done]
      let mean = destination.pointer + range.lowerBound
      mean.update(from: local.root(0) + range.lowerBound, count: range.count)
      local.releaseRoots(bucket: done)
      divide(mean, by: Float(batchSize), count: range.count)
      if dataType == .bfloat16 { BFloat16.round(mean, count: range.count) }
      done += 1
    }
    if done == local.buckets.count { return .finished }
    return before == done ? .waiting : .advanced
  }
}
