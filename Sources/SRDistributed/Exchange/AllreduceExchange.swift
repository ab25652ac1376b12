import SRTensor

/// ``ReductionMode/mpi``: each rank sums its share, and `MPI_Allreduce` sums over the ranks.
///
/// The order of the sum depends on the number of ranks and on MPI, and so do its bits.
final class AllreduceExchange: BucketExchange {
  private let transport: any ExchangeTransport
  private let local: LocalReduction
  private let destination: AlignedBuffer
  private let add: VectorAdd
  private var rootCount = 0
  private var batchSize = 1
  /// Buckets [0, started) have started their allreduce, and [0, done) are done.
  private var (started, done) = (0, 0)
  private var requests: [(any ExchangeRequest)?]

  init(
    transport: any ExchangeTransport, local: LocalReduction, destination: AlignedBuffer,
    add: @escaping VectorAdd
  ) {
    self.transport = transport
    self.local = local
    self.destination = destination
    self.add = add
    requests = Array(repeating: nil, count: local.buckets.count)
  }

  func begin(_ plan: BatchPlan) {
    rootCount = plan.rootCounts[transport.rank]
    batchSize = plan.tree.batchSize
    (started, done) = (0, 0)
  }

  func poll(isReady: (Int) -> Bool) throws -> ExchangeProgress {
    let before = (started, done)
    let count = local.buckets.count
    while started < count, isReady(started) {
      let range = local.buckets.ranges[started]
      sumRoots(range)
      local.releaseRoots(bucket: started)
      requests[started] = try transport.startAllReduce(
        destination.pointer + range.lowerBound, count: range.count)
      started += 1
    }
    while done < started, try requests[done]!.isComplete() {
      requests[done] = nil
      let range = local.buckets.ranges[done]
      divide(destination.pointer + range.lowerBound, by: Float(batchSize), count: range.count)
      done += 1
    }
    if done == count { return .finished }
    return before == (started, done) ? .waiting : .advanced
  }

  /// The sum of the local roots, in sample order. It is zero on a rank without samples.
  private func sumRoots(_ range: Range<Int>) {
    let sum = destination.pointer + range.lowerBound
    if rootCount == 0 {
      sum.update(repeating: 0, count: range.count)
    } else {
      sum.update(from: local.root(0) + range.lowerBound, count: range.count)
    }
    for root in stride(from: 1, to: rootCount, by: 1) {
      add(sum, local.root(root) + range.lowerBound, range.count)
    }
  }
}
