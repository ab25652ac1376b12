import SRTensor
import Synchronization

/// One rank's reduction: its part of the tree, and the exchange that finished buckets go through.
///
/// Worker threads complete samples. One thread at a time begins a step or polls.
final class RankReduction: @unchecked Sendable {
  let local: LocalReduction
  let destination: AlignedBuffer
  /// Not thread-safe: only `begin` and `poll` use it.
  private let exchange: any BucketExchange
  private let isReady: Mutex<[Bool]>

  /// - Parameter transport: nil for a rank that is alone.
  init(
    buckets: GradientBuckets, destination: AlignedBuffer, options: ReductionOptions,
    reservedLeaves: Int, transport: (any ExchangeTransport)?, add: @escaping VectorAdd
  ) {
    precondition(
      destination.count == buckets.arenaCount,
      "the destination holds \(destination.count) floats, the buckets \(buckets.arenaCount)")
    self.destination = destination
    local = LocalReduction(
      buckets: buckets, dataType: options.dataType, reservedLeaves: reservedLeaves, add: add)
    isReady = Mutex(Array(repeating: false, count: buckets.count))
    switch (transport, options.mode) {
    case (nil, _):
      exchange = SoloExchange(local: local, destination: destination, dataType: options.dataType)
    case (let transport?, .tree):
      exchange = TreeExchange(
        transport: transport, local: local, destination: destination, dataType: options.dataType, add: add)
    case (let transport?, .mpi):
      exchange = AllreduceExchange(
        transport: transport, local: local, destination: destination, add: add)
    }
  }

  var allocations: Int { local.leafAllocations + exchange.bufferAllocations }

  func begin(_ plan: BatchPlan, samples: Range<Int>) {
    local.begin(tree: plan.tree, samples: samples)
    exchange.begin(plan)
    isReady.withLock { ready in
      // A rank without samples waits for nothing.
      for bucket in ready.indices { ready[bucket] = samples.isEmpty }
    }
  }

  /// Returns true in the one call that makes the bucket ready to be exchanged.
  @discardableResult
  func complete(sample: Int, bucket: Int) -> Bool {
    guard local.complete(sample: sample, bucket: bucket) else { return false }
    isReady.withLock { $0[bucket] = true }
    return true
  }

  /// Whether every sample of this rank is complete.
  var isLocallyComplete: Bool { isReady.withLock { $0.allSatisfy { $0 } } }

  func poll() throws -> ExchangeProgress {
    try exchange.poll { bucket in isReady.withLock { $0[bucket] } }
  }
}
