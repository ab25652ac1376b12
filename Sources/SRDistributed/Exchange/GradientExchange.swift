import SRTensor
import Synchronization

/// The gradient reduction over the ranks of a job. It overlaps with the backward pass.
///
/// MPI makes progress only inside its calls, so one communication thread drives all nonblocking collectives. A rank that is
/// alone needs neither the thread nor MPI.
package final class GradientExchange: GradientReducer {
  package let buckets: GradientBuckets
  package let destination: AlignedBuffer
  private let rank: Int
  let worldSize: Int
  private let overlapsComputation: Bool
  private let reduction: RankReduction
  private let thread: PollingThread?
  private let plan: Mutex<BatchPlan>

  /// Collective.
  ///
  /// - Parameters:
  ///   - destination: `buckets.arenaCount` floats.
  ///   - reservedLeaves: gradient leaves that are allocated now. More follow when they are needed. If workers start groups
  ///     of samples in order and take the same time for each, threads x group + log2(share) + 1 leaves are enough.
  ///   - trace: records every collective.
  /// - Throws: ``MPIError`` if MPI refuses a communicator, ``ThreadError`` if the system refuses the communication thread.
  package init(
    communicator: Communicator, buckets: GradientBuckets, destination: AlignedBuffer,
    options: ReductionOptions = ReductionOptions(), reservedLeaves: Int = 0, trace: TraceRecorder? = nil,
    add: @escaping VectorAdd
  ) throws {
    self.buckets = buckets
    self.destination = destination
    rank = communicator.rank
    worldSize = communicator.worldSize
    overlapsComputation = options.overlapsComputation
    plan = Mutex(BatchPlan(batchSize: worldSize, worldSize: worldSize))
    var transport: (any ExchangeTransport)? = worldSize > 1 ? try MPITransport(communicator) : nil
    if let base = transport, let trace { transport = TracingTransport(base: base, trace: trace) }
    let reduction = RankReduction(
      buckets: buckets, destination: destination, options: options, reservedLeaves: reservedLeaves,
      transport: transport, add: add)
    self.reduction = reduction
    thread = transport == nil ? nil : try PollingThread(name: "exchange") { try reduction.poll() }
  }

  package var allocations: Int { reduction.allocations }

  package func begin(batchSize: Int) -> Range<Int> {
    let plan = plan.withLock { plan in
      if plan.tree.batchSize != batchSize { plan = BatchPlan(batchSize: batchSize, worldSize: worldSize) }
      return plan
    }
    let samples = plan.shares[rank]
    reduction.begin(plan, samples: samples)
    if overlapsComputation && samples.isEmpty { thread?.start() }
    return samples
  }

  package func beginSample(_ sample: Int) -> UnsafeMutablePointer<Float> {
    reduction.local.beginSample(sample)
  }

  /// The first bucket to be ready, which is always bucket 0, wakes the communication thread. Before that, the thread would
  /// only take time from the workers.
  package func complete(sample: Int, bucket: Int) {
    let isReady = reduction.complete(sample: sample, bucket: bucket)
    if isReady && bucket == 0 && overlapsComputation { thread?.start() }
  }

  package func finish() throws {
    precondition(reduction.isLocallyComplete, "the step is finished before all its samples are complete")
    if let thread {
      if !overlapsComputation { thread.start() }
      try thread.wait()
    } else {
      guard case .finished = try reduction.poll() else {
        preconditionFailure("the exchange of a rank that is alone did not finish")
      }
    }
  }
}
