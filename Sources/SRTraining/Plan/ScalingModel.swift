import Foundation
import SRDistributed

/// Predicts a step's time on many ranks from one rank's measured times and an alpha-beta model of the exchange.
///
/// A step lasts as long as the slowest rank's share, plus what the exchange of its gradients takes longer than that. Each
/// bucket's exchange begins when the backward pass of the rank's last sample has written it and the bucket before has
/// left, and takes
///
///     2 (latency + poll delay) + 2 (N - 1) message overhead + bytes / bandwidth
///
/// where a host's link carries the local roots of its ranks' shares (all-to-all) and the means of their shards
/// (all-gather) to the ranks of other hosts. Between steps four small all-gathers take ceil(log2 N) latencies each.
public struct ScalingModel: Sendable, Equatable {
  /// What one rank was measured to take; seconds.
  public struct Compute: Sendable, Equatable, Codable {
    /// Of one sample on one worker.
    public var sample: Double
    /// Of a step apart from its samples: weights prepared, weights updated.
    public var fixed: Double
    /// By bucket: when the sample's gradient is final, as a share of the sample's time.
    public var bucketReady: [Double]
    /// By bucket.
    public var bucketBytes: [Int]

    public init(sample: Double, fixed: Double, bucketReady: [Double], bucketBytes: [Int]) {
      precondition(bucketReady.count == bucketBytes.count)
      self.sample = sample
      self.fixed = fixed
      self.bucketReady = bucketReady
      self.bucketBytes = bucketBytes
    }
  }

  public struct Network: Sendable, Equatable {
    /// Bytes a second, of a host's link, each way.
    public var bandwidth: Double
    /// One way; seconds.
    public var latency: Double
    /// Of the processor, for one message; seconds.
    public var messageOverhead = 2e-6
    /// Half the interval at which the communication thread looks; seconds.
    public var pollDelay = 1e-4

    public init(bandwidth: Double, latency: Double) {
      self.bandwidth = bandwidth
      self.latency = latency
    }
  }

  public struct Prediction: Sendable, Equatable {
    public let ranks: Int
    public let batchSize: Int
    /// Seconds.
    public let step: Double
    public let compute: Double
    /// Communication that is not hidden behind computing.
    public let exposed: Double
    public let imagesPerSecond: Double
    /// Images a second over those of one rank times the number of ranks.
    public let efficiency: Double
  }

  public var compute: Compute
  public var network: Network
  public var threads: Int
  public var ranksPerHost: Int
  public var overlaps = true

  public init(compute: Compute, network: Network, threads: Int, ranksPerHost: Int) {
    precondition(threads > 0 && ranksPerHost > 0)
    self.compute = compute
    self.network = network
    self.threads = threads
    self.ranksPerHost = ranksPerHost
  }

  /// - Parameter batchSize: of all ranks together; at least as many images as ranks.
  public func predict(ranks: Int, batchSize: Int) -> Prediction {
    precondition(batchSize >= ranks, "\(batchSize) images cannot be dealt to \(ranks) ranks")
    let alone = computeSeconds(share: batchSize)
    let working = computeSeconds(share: (batchSize + ranks - 1) / ranks)
    let exposed = ranks == 1 ? 0 : exposedSeconds(ranks: ranks, batchSize: batchSize)
    let step = working + exposed
    return Prediction(
      ranks: ranks, batchSize: batchSize, step: step, compute: working, exposed: exposed,
      imagesPerSecond: Double(batchSize) / step,
      efficiency: (alone / step) / Double(ranks))
  }

  /// A rank's workers take its samples one after the other.
  private func computeSeconds(share: Int) -> Double {
    Double((share + threads - 1) / threads) * compute.sample + compute.fixed
  }

  private func exposedSeconds(ranks: Int, batchSize: Int) -> Double {
    let lastSample = compute.sample
    // Times relative to the end of the last sample's backward pass.
    var free = -lastSample
    for (ready, bytes) in zip(compute.bucketReady, compute.bucketBytes) {
      let start = overlaps ? max(free, (ready - 1) * lastSample) : max(free, 0)
      free = start + exchangeSeconds(bytes: bytes, ranks: ranks, batchSize: batchSize)
    }
    let hops = Double(Int.bitWidth - (ranks - 1).leadingZeroBitCount)
    return max(0, free) + 4 * hops * network.latency
  }

  /// Of one bucket.
  private func exchangeSeconds(bytes: Int, ranks: Int, batchSize: Int) -> Double {
    let onHost = min(ranksPerHost, ranks)
    let tree = ReductionTree(batchSize: batchSize)
    // All ranks of a large job have much the same shares: the first, middle and last ones show the most roots.
    let sampled = Set([0, 1, ranks / 3, ranks / 2, ranks - 1].filter { $0 < ranks })
    let roots =
      sampled.map {
        tree.localRoots(of: ReductionTree.share(of: batchSize, rank: $0, worldSize: ranks)).count
      }.max() ?? 1
    let outside = Double(ranks - onHost) / Double(ranks)
    let carried = Double(onHost * (roots + 1)) * Double(bytes) * outside
    let messages = 2 * Double(ranks - 1) * network.messageOverhead
    return 2 * (network.latency + network.pollDelay) + messages + carried / network.bandwidth
  }
}
