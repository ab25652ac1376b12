import SRTensor
import Synchronization

/// The reduction of several ranks inside one process, for debugging without a launcher.
///
/// Shares, trees, shards and wire formats are the same as with that many MPI ranks. Memory copies take the place of MPI.
package final class VirtualExchange: GradientReducer {
  package let buckets: GradientBuckets
  private let ranks: [RankReduction]
  private let plan: Mutex<BatchPlan>

  /// Needs an arena and a set of leaves for each virtual rank. `reservedLeaves` leaves are allocated for each.
  package init(
    virtualRanks: Int, buckets: GradientBuckets, destination: AlignedBuffer,
    options: ReductionOptions = ReductionOptions(), reservedLeaves: Int = 0, add: @escaping VectorAdd
  ) {
    precondition(virtualRanks > 0, "there cannot be \(virtualRanks) virtual ranks")
    self.buckets = buckets
    plan = Mutex(BatchPlan(batchSize: virtualRanks, worldSize: virtualRanks))
    ranks = InProcessTransport.group(of: virtualRanks).map { transport in
      RankReduction(
        buckets: buckets,
        destination: transport.rank == 0 ? destination : AlignedBuffer(count: buckets.arenaCount),
        options: options, reservedLeaves: reservedLeaves, transport: transport, add: add)
    }
  }

  package var destination: AlignedBuffer { ranks[0].destination }
  package var allocations: Int { ranks.reduce(0) { $0 + $1.allocations } }

  /// The mean gradient as each virtual rank received it. All are equal to the bit.
  package var destinations: [AlignedBuffer] { ranks.map(\.destination) }

  /// This process computes the whole batch.
  package func begin(batchSize: Int) -> Range<Int> {
    let plan = plan.withLock { plan in
      if plan.tree.batchSize != batchSize { plan = BatchPlan(batchSize: batchSize, worldSize: ranks.count) }
      return plan
    }
    for (rank, share) in zip(ranks, plan.shares) { rank.begin(plan, samples: share) }
    return 0..<batchSize
  }

  package func beginSample(_ sample: Int) -> UnsafeMutablePointer<Float> {
    owner(of: sample).local.beginSample(sample)
  }

  package func complete(sample: Int, bucket: Int) {
    owner(of: sample).complete(sample: sample, bucket: bucket)
  }

  package func finish() throws {
    precondition(
      ranks.allSatisfy(\.isLocallyComplete), "the step is finished before all its samples are complete")
    var unfinished = ranks
    while !unfinished.isEmpty {
      unfinished = try unfinished.filter { rank in
        guard case .finished = try rank.poll() else { return true }
        return false
      }
    }
  }

  private func owner(of sample: Int) -> RankReduction {
    let rank = plan.withLock { $0.shares.firstIndex { $0.contains(sample) } }
    guard let rank else { preconditionFailure("sample \(sample) is not part of the batch") }
    return ranks[rank]
  }
}
