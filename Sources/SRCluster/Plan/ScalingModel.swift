import Foundation
import SRDistributed

/// Predicts a step's time on many ranks from one rank's measured times and an alpha-beta model of the exchange.
///
/// A step lasts as long as the slowest rank's share, plus what the exchange of its gradients takes longer than that. A
/// bucket's exchange begins when the backward pass of the rank's last group of samples has written it, and occupies the
/// link for
///
///     2 (N - 1) message overhead + bytes / bandwidth
///
/// where a host's link carries the local roots of its ranks' shares (all-to-all) and the means of their shards
/// (all-gather) to the ranks of other hosts. The last one ends 2 (latency + poll delay) later. Computing and exchange
/// slow each other down while both go on (``ExchangeTimeline``). Between steps four small all-gathers take
/// ceil(log2 N) latencies each.
package struct ScalingModel: Sendable, Equatable {
  /// What one rank was measured to take; seconds.
  package struct Compute: Sendable, Equatable, Codable {
    /// Of one sample on one worker.
    package var sample: Double
    /// Of a step apart from its samples: weights prepared, weights updated.
    package var fixed: Double
    /// Samples that a worker takes through the network together: their gradients become final together.
    package var groupSize = 1
    /// By bucket: when a group's gradients are final, as a share of the group's time.
    package var bucketReady: [Double]
    /// By bucket.
    package var bucketBytes: [Int]

    package init(
      sample: Double, fixed: Double, groupSize: Int = 1, bucketReady: [Double], bucketBytes: [Int]
    ) {
      precondition(bucketReady.count == bucketBytes.count && groupSize > 0)
      self.sample = sample
      self.fixed = fixed
      self.groupSize = groupSize
      self.bucketReady = bucketReady
      self.bucketBytes = bucketBytes
    }
  }

  /// What joins the hosts, and what its use costs.
  package struct Network: Sendable, Equatable {
    /// What Ethernet frames of 1500 bytes leave to TCP's payload: 1448 bytes of 1538 on the wire.
    package static let ethernetPayload = 1448.0 / 1538.0

    /// Bytes of payload a second, of a host's link, each way.
    package var bandwidth: Double
    /// One way; seconds.
    package var latency: Double
    /// The share of the bandwidth that an exchange reaches while the workers compute.
    package var busyShare = 1.0
    /// Seconds that a rank's workers lose, all together, for a byte that the rank sends and one that it receives.
    package var workerTime = 0.0
    /// Of the processor, for one message; seconds.
    package var messageOverhead = 2e-6
    /// Half the interval at which the communication thread looks; seconds.
    package var pollDelay = 1e-4

    /// A network whose use costs the workers nothing.
    package init(bandwidth: Double, latency: Double) {
      self.bandwidth = bandwidth
      self.latency = latency
    }
  }

  /// A step on so many ranks.
  package struct Prediction: Sendable, Equatable {
    package let ranks: Int
    /// Images of a step, of all ranks together.
    package let batchSize: Int
    /// Seconds.
    package let step: Double
    /// Computing, as far as the exchange lets it; seconds.
    package let compute: Double
    /// Communication that is not hidden behind computing; seconds.
    package let exposed: Double
    package let imagesPerSecond: Double
    /// Images a second over those of one rank times the number of ranks.
    package let efficiency: Double
  }

  package var compute: Compute
  package var network: Network
  /// Workers of a rank.
  package var threads: Int
  /// Ranks that share a host's link.
  package var ranksPerHost: Int
  /// Whether gradients travel while others are computed; else all at the end of a step.
  package var overlaps = true

  /// Precondition: at least one thread, and one rank a host.
  package init(compute: Compute, network: Network, threads: Int, ranksPerHost: Int) {
    precondition(threads > 0 && ranksPerHost > 0)
    self.compute = compute
    self.network = network
    self.threads = threads
    self.ranksPerHost = ranksPerHost
  }

  /// The mean step of a run on `ranks` ranks.
  ///
  /// - Parameter batchSize: of all ranks together; at least as many images as ranks.
  package func predict(ranks: Int, batchSize: Int) -> Prediction {
    precondition(batchSize >= ranks, "\(batchSize) images cannot be dealt to \(ranks) ranks")
    let alone = computeSeconds(rounds: rounds(share: batchSize))
    let rounds = rounds(share: (batchSize + ranks - 1) / ranks)
    var (working, exposed) = (computeSeconds(rounds: rounds), 0.0)
    if ranks > 1 {
      // All but the last group is computed in peace.
      let groups = (rounds + compute.groupSize - 1) / compute.groupSize
      let group = Double((rounds + groups - 1) / groups) * compute.sample
      let timeline = timeline(lastGroup: group, ranks: ranks, batchSize: batchSize)
      let ends = timeline.ends()
      working += ends.computing - group
      let hops = Double(Int.bitWidth - (ranks - 1).leadingZeroBitCount)
      let last = ends.exchange + 2 * (network.latency + network.pollDelay)
      exposed = max(0, last - ends.computing) + 4 * hops * network.latency
    }
    let step = working + exposed
    return Prediction(
      ranks: ranks, batchSize: batchSize, step: step, compute: working, exposed: exposed,
      imagesPerSecond: Double(batchSize) / step,
      efficiency: (alone / step) / Double(ranks))
  }

  /// Samples that the busiest worker takes one after the other.
  private func rounds(share: Int) -> Int { (share + threads - 1) / threads }

  private func computeSeconds(rounds: Int) -> Double { Double(rounds) * compute.sample + compute.fixed }

  private func timeline(lastGroup: Double, ranks: Int, batchSize: Int) -> ExchangeTimeline {
    let carried = carriedShare(ranks: ranks, batchSize: batchSize)
    let messages = 2 * Double(ranks - 1) * network.messageOverhead
    let perRank = network.bandwidth / Double(min(ranksPerHost, ranks))
    let lost = network.workerTime * perRank * network.busyShare / Double(threads)
    return ExchangeTimeline(
      ready: compute.bucketReady.map { overlaps ? $0 * lastGroup : lastGroup },
      transfers: compute.bucketBytes.map { messages + carried * Double($0) / network.bandwidth },
      computing: lastGroup, transferSpeed: network.busyShare,
      // Something is always left to the workers, as the scheduler sees to it.
      computeSpeed: max(1 - lost, 0.1))
  }

  /// Bytes on a host's link for one byte of the gradient.
  private func carriedShare(ranks: Int, batchSize: Int) -> Double {
    let onHost = min(ranksPerHost, ranks)
    let tree = ReductionTree(batchSize: batchSize)
    // All ranks of a large job have much the same shares: the first, middle and last ones show the most roots.
    let sampled = Set([0, 1, ranks / 3, ranks / 2, ranks - 1].filter { $0 < ranks })
    let roots =
      sampled.map {
        tree.localRoots(of: ReductionTree.share(of: batchSize, rank: $0, worldSize: ranks)).count
      }.max() ?? 1
    let outside = Double(ranks - onHost) / Double(ranks)
    return Double(onHost * (roots + 1)) * outside
  }
}
