import SRTensor

/// Takes the buckets of one rank's ``LocalReduction`` through their collectives. It never blocks.
///
/// One thread at a time uses it. Every rank starts the collectives of each kind strictly in bucket order.
protocol BucketExchange: AnyObject {
  /// How often a buffer of the exchange grew.
  var bufferAllocations: Int { get }

  /// Starts a step. Precondition: the step before is finished.
  func begin(_ plan: BatchPlan)

  /// Does what can be done now. `isReady` tells whether all local roots of a bucket are there.
  func poll(isReady: (Int) -> Bool) throws -> ExchangeProgress
}

extension BucketExchange {
  var bufferAllocations: Int { 0 }
}

/// What a poll of an exchange achieved.
enum ExchangeProgress {
  /// There is nothing to do until a worker or another rank gets further.
  case waiting
  /// Something moved. It is worth polling again at once.
  case advanced
  /// The destination holds the mean gradient of every bucket.
  case finished
}

/// values[i] /= divisor: turns the sum over the batch into its mean.
func divide(_ values: UnsafeMutablePointer<Float>, by divisor: Float, count: Int) {
  for i in 0..<count { values[i] /= divisor }
}

/// The exchange of a rank that is alone. Its one local root is the tree's root already.
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
