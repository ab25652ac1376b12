import Foundation
import SRDistributed
import SRFiles

/// How a job divides its work: the threads, samples and memory of each rank. A run and its plan both use it.
package struct JobSizes: Sendable, Equatable {
  package let ranks: Int
  /// Worker threads of each rank.
  package let threads: Int
  /// By rank: the number of samples of a full batch that it computes.
  package let shares: [Int]

  /// The sizes of a configuration's job on this many ranks. If the configuration has no number of threads, this rank's host
  /// decides it.
  package init(_ configuration: TrainingConfiguration, ranks: Int, _ communicator: Communicator) {
    self.ranks = ranks
    threads = configuration.threads ?? Self.defaultThreads(communicator)
    shares = (0..<ranks).map {
      ReductionTree.share(of: configuration.batchSize, rank: $0, worldSize: ranks).count
    }
  }

  /// This rank's share of the CPUs that the job may use on this host.
  package static func defaultThreads(_ communicator: Communicator) -> Int {
    AvailableResources().threads(ranksOnHost: communicator.localSize)
  }

  /// The most samples of a batch that a rank computes.
  package var largestShare: Int { shares.max() ?? 0 }

  /// The most samples that a worker takes through the network together.
  package var groupSize: Int { SampleGroups.size(share: largestShare, workers: threads) }

  /// The gradient leaves of a rank that are alive at a time: the leaves of the workers' groups, and the waiting nodes. This
  /// holds if samples start in order and no worker falls behind. If a worker falls behind, more leaves are allocated.
  package var leaves: Int {
    min(largestShare, threads * groupSize + Int(log2(Double(max(largestShare, 1)))) + 1)
  }
}
