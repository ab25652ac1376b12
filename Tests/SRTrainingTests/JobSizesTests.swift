import SRDistributed
import SRTraining
import Testing

/// Sizes computed by hand, for jobs on this process's host.
@Suite struct JobSizesTests {
  private func sizes(batch: Int, ranks: Int, threads: Int?) -> JobSizes {
    var configuration = TrainingConfiguration()
    configuration.batchSize = batch
    configuration.threads = threads
    return JobSizes(configuration, ranks: ranks, Communicator())
  }

  @Test(arguments: [
    // One worker takes 8 samples in two groups of 4. One more leaf waits at each of 3 levels, and one arrives.
    (8, 1, 1, [8], 4, 8),
    // Two workers take one group of 4 each.
    (8, 1, 2, [8], 4, 8),
    // Of three ranks, the first two have one sample more.
    (8, 3, 1, [3, 3, 2], 3, 3),
    // One worker takes 64 samples in groups of 4, and log2 64 + 1 more leaves are needed.
    (64, 1, 1, [64], 4, 11),
    // 100 samples on 4 ranks of 2 workers: each rank takes 25, in groups of 4.
    (100, 4, 2, [25, 25, 25, 25], 4, 13),
  ])
  func areThoseOfTheBatch(
    batch: Int, ranks: Int, threads: Int, shares: [Int], groupSize: Int, leaves: Int
  ) {
    let sizes = sizes(batch: batch, ranks: ranks, threads: threads)
    #expect(sizes.ranks == ranks && sizes.threads == threads && sizes.shares == shares)
    #expect(sizes.largestShare == shares[0])
    #expect(sizes.groupSize == groupSize)
    #expect(sizes.leaves == leaves)
  }

  @Test func threadsAreTheHostsUnlessTheyAreSet() {
    #expect(sizes(batch: 8, ranks: 1, threads: nil).threads == JobSizes.defaultThreads(Communicator()))
    #expect(JobSizes.defaultThreads(Communicator()) >= 1)
  }
}
