import SRDistributed
import SRTensor
import Testing
import srdist_rank_checks

/// The reduction of a process that was started without a launcher.
@Suite struct SoloExchangeTests {
  private let buckets = GradientBuckets(arenaCount: 64, cuts: [16])

  private func exchange(reservedLeaves: Int = 0) throws -> GradientExchange {
    try GradientExchange(
      communicator: Communicator(), buckets: buckets, destination: AlignedBuffer(count: 64),
      reservedLeaves: reservedLeaves, add: plainAdd)
  }

  @Test(arguments: [1, 2, 3, 8, 13]) func reducesAlongTheTree(batchSize: Int) throws {
    let mean = try ExchangeRun(try exchange()).mean(batchSize: batchSize)
    #expect(sameBits(mean, SyntheticGradients(arenaCount: 64).treeMean(batchSize: batchSize)))
  }

  /// If samples come one at a time, one node of each level of the tree waits.
  @Test func leavesAreReusedWithinAStep() throws {
    let exchange = try exchange()
    _ = try ExchangeRun(exchange).mean(batchSize: 64)
    #expect(exchange.allocations <= 1 + 6)
    let reserved = try self.exchange(reservedLeaves: 7)
    _ = try ExchangeRun(reserved).mean(batchSize: 64)
    #expect(reserved.allocations == 7)
  }

  @Test func samplesAndBucketsMayFinishInAnyOrder() throws {
    let gradients = SyntheticGradients(arenaCount: 64)
    let expected = gradients.treeMean(batchSize: 11)
    let exchange = try exchange()
    for trial in 0..<50 {
      var generator = PhiloxGenerator(seed: 5, stream: UInt32(trial))
      for sample in exchange.begin(batchSize: 11) {
        exchange.beginSample(sample).update(from: gradients.leaf(sample), count: 64)
      }
      for position in generator.permutation(of: 22) {
        exchange.complete(sample: position / 2, bucket: position % 2)
      }
      try exchange.finish()
      #expect(sameBits(exchange.destination.values, expected), "trial \(trial)")
    }
  }

  @Test func aLoneCommunicatorAnswersForItself() throws {
    let communicator = Communicator()
    #expect(communicator.rank == 0 && communicator.worldSize == 1 && communicator.nodeCount == 1)
    #expect(!communicator.hostName.isEmpty)
    #expect(try communicator.broadcast([1, 2, 3]) == [1, 2, 3])
    #expect(try communicator.allGather([1.5, 2.5]) == [[1.5, 2.5]])
    #expect(try communicator.allGather("é") == ["é"])
    #expect(try communicator.gather(["a": Double.infinity]) == [["a": .infinity]])
    #expect(try communicator.broadcast(Int?.none) == nil)
    #expect(
      try communicator.gatherSampleValues([1, 2, 3, 4], fields: 2, batchSize: 2) == [[1, 2], [3, 4]])
    #expect(Communicator.libraryVersion.contains("MPI"))
  }
}
