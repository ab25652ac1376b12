import SRTensor

/// Takes the buckets of one rank's ``LocalReduction`` through their collectives, without ever blocking.
///
/// Used by one thread at a time. Every rank starts the collectives of each kind strictly in bucket order.
protocol BucketExchange: AnyObject {
  /// Times that a buffer of the exchange grew.
  var bufferAllocations: Int { get }

  /// Starts a step. The step before is finished.
  func begin(_ plan: BatchPlan)

  /// Does what can be done now; `isReady` says of a bucket whether all its local roots are there.
  func poll(isReady: (Int) -> Bool) throws -> ExchangeProgress
}

extension BucketExchange {
  var bufferAllocations: Int { 0 }
}

/// What a poll of an exchange found.
enum ExchangeProgress {
  /// Nothing to do until a worker or another rank comes further.
  case waiting
  /// Something moved: polling again at once is worthwhile.
  case advanced
  /// Every bucket's mean gradient lies in the destination.
  case finished
}

/// values[i] /= divisor: the sum over the batch becomes its mean.
func divide(_ values: UnsafeMutablePointer<Float>, by divisor: Float, count: Int) {
  for i in 0..<count { values[i] /= divisor }
}
