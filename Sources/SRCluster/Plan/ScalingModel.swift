import Foundation
import SRDistributed
import SRTraining

/// Predicts the time of a step on many ranks, from the measured times of one rank and an alpha-beta model of the exchange.
///
/// A step lasts as long as the slowest rank computes, plus the time for which the exchange of gradients continues after that. A
/// bucket's exchange begins when the backward pass of the rank's last group of samples has written the bucket. The exchange
/// occupies the link for
///
///     2 (N - 1) message overhead + bytes / bandwidth
///
/// A host's link carries the local roots of the ranks' shares (all-to-all) and the means of the ranks' shards (all-gather) to
/// the ranks of other hosts. The last exchange ends 2 (latency + poll delay) later. While computing and exchange both run, they
/// slow each other down (``ExchangeTimeline``). Between steps there are four small all-gathers of ceil(log2 N) latencies each.
package struct ScalingModel: Sendable, Equatable {
  /// The network between the hosts, and the cost of its use.
  package struct Network: Sendable, Equatable {
    /// The share of TCP's payload in Ethernet frames of 1500 bytes: 1448 bytes of 1538 on the wire.
    package static let ethernetPayload = 1448.0 / 1538.0

    /// Payload of a host's link in each direction. Bytes per second.
    package var bandwidth: Double
    /// The latency in one direction. Seconds.
    package var latency: Double
    /// The share of the bandwidth that an exchange reaches while the workers compute.
    package var busyShare = 1.0
    /// Seconds that a rank's workers lose, all together, for each byte that the rank sends while it receives another.
    package var workerTime = 0.0
    /// Processor time for one message. Seconds.
    package var messageOverhead = 2e-6
    /// Half the interval at which the communication thread polls. Seconds.
    package var pollDelay = 1e-4

    /// A network whose use costs the workers nothing.
    package init(bandwidth: Double, latency: Double) {
      self.bandwidth = bandwidth
      self.latency = latency
    }
  }

  /// A step on some number of ranks.
  package struct Prediction: Sendable, Equatable {
    package let ranks: Int
    /// Images of a step, over all ranks.
    package let batchSize: Int
    /// The time of the step. Seconds.
    package let step: Double
    /// The time of computing, as the exchange slows it down. Seconds.
    package let compute: Double
    /// Communication that is not hidden behind computing. Seconds.
    package let exposed: Double
    package let imagesPerSecond: Double
    /// Images per second, divided by the number of ranks times one rank's images per second.
    package let efficiency: Double
  }

  package var compute: StepTimes
  package var network: Network
  /// Worker threads of a rank.
  package var threads: Int
  /// Ranks that share a host's link.
  package var ranksPerHost: Int
  /// Whether gradients are exchanged while others are computed. Otherwise all are exchanged at the end of a step.
  package var overlaps = true

  /// Precondition: there is at least one thread, and one rank per host.
  package init(compute: StepTimes, network: Network, threads: Int, ranksPerHost: Int) {
    precondition(threads > 0 && ranksPerHost > 0)
    self.compute = compute
    self.network = network
    self.threads = threads
    self.ranksPerHost = ranksPerHost
  }

  /// The mean step of a run on `ranks` ranks.
  ///
  /// - Parameter batchSize: images of all ranks together, at least as many as ranks.
  package func predict(ranks: Int, batchSize: Int) -> Prediction {
    precondition(batchSize >= ranks, "\(batchSize) images cannot be dealt to \(ranks) ranks")
    let alone = computeSeconds(rounds: rounds(share: batchSize))
    let rounds = rounds(share: (batchSize + ranks - 1) / ranks)
    var (working, exposed) = (computeSeconds(rounds: rounds), 0.0)
    if ranks > 1 {
      // Only the last group is computed while an exchange runs.
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

  /// The samples that the busiest worker computes one after the other.
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
      // The scheduler always leaves something to the workers.
      computeSpeed: max(1 - lost, 0.1))
  }

  /// Bytes on a host's link for each byte of the gradient.
  private func carriedShare(ranks: Int, batchSize: Int) -> Double {
    let onHost = min(ranksPerHost, ranks)
    let tree = ReductionTree(batchSize: batchSize)
    // All ranks of a large job have similar shares. The most roots occur among the first, the middle and the last ones.
    let sampled = Set([0, 1, ranks / 3, ranks / 2, ranks - 1].filter { $0 < ranks })
    let roots =
      sampled.map {
        tree.localRoots(of: ReductionTree.share(of: batchSize, rank: $0, worldSize: ranks)).count
      }.max() ?? 1
    let outside = Double(ranks - onHost) / Double(ranks)
    return Double(onHost * (roots + 1)) * outside
  }
}
