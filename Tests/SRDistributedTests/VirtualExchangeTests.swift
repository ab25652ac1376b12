import SRDistributed
import SRTensor
import Testing
import srdist_rank_checks

/// The reduction between virtual ranks, against means computed by plain recursion.
@Suite struct VirtualExchangeTests {
  private func run(
    _ virtualRanks: Int, _ options: ReductionOptions = ReductionOptions(),
    cuts: [Int] = [32, 128, 144]
  ) -> (exchange: VirtualExchange, run: ExchangeRun) {
    let exchange = VirtualExchange(
      virtualRanks: virtualRanks, buckets: GradientBuckets(arenaCount: 256, cuts: cuts),
      destination: AlignedBuffer(count: 256), options: options, add: plainAdd)
    return (exchange, ExchangeRun(exchange))
  }

  @Test(arguments: 1...9) func anyNumberOfRanksGivesTheTreesBits(virtualRanks: Int) throws {
    let (exchange, run) = run(virtualRanks)
    for batchSize in [8, 1, 3, 12, 7] {
      let mean = try run.mean(batchSize: batchSize)
      let expected = SyntheticGradients(arenaCount: 256).treeMean(batchSize: batchSize)
      #expect(sameBits(mean, expected), "\(batchSize) samples")
      for (rank, destination) in exchange.destinations.enumerated() {
        #expect(sameBits(destination.values, expected), "\(batchSize) samples on rank \(rank)")
      }
    }
  }

  @Test func theCutIntoBucketsChangesNoBit() throws {
    let expected = try run(3).run.mean(batchSize: 8)
    for cuts in [[], [16], Array(stride(from: 16, to: 256, by: 16))] {
      #expect(sameBits(try run(3, cuts: cuts).run.mean(batchSize: 8), expected), "cuts \(cuts)")
    }
  }

  /// The control: these gradients' mean depends on the order of summation.
  @Test func otherOrdersGiveOtherBits() throws {
    let gradients = SyntheticGradients(arenaCount: 256)
    let tree = gradients.treeMean(batchSize: 8)
    #expect(!sameBits(gradients.sequentialMean(batchSize: 8), tree))
    #expect(!sameBits(try run(3, ReductionOptions(mode: .mpi)).run.mean(batchSize: 8), tree))
  }

  @Test(arguments: 1...5) func bfloat16GivesTheRoundedTreesBits(virtualRanks: Int) throws {
    let (_, run) = run(virtualRanks, ReductionOptions(dataType: .bfloat16))
    for batchSize in [8, 5, 2] {
      let expected = SyntheticGradients(arenaCount: 256)
        .treeMean(batchSize: batchSize, rounding: nearestBFloat16)
      #expect(sameBits(try run.mean(batchSize: batchSize), expected), "\(batchSize) samples")
    }
  }

  /// Each of ⌈log2 8⌉ + 2 = 5 roundings moves a value by at most 2^-8 of the sum of its terms' magnitudes
  /// (half a unit in the last place of 8 bits).
  @Test func bfloat16StaysWithinItsRoundingError() throws {
    let gradients = SyntheticGradients(arenaCount: 256)
    let mean = try run(2, ReductionOptions(dataType: .bfloat16)).run.mean(batchSize: 8)
    let leaves = (0..<8).map(gradients.leaf)
    let exact = gradients.exactMean(batchSize: 8)
    for i in 0..<256 {
      let magnitude = leaves.reduce(0) { $0 + abs(Double($1[i])) } / 8
      #expect(abs(Double(mean[i]) - exact[i]) <= 5.1 * 0x1p-8 * magnitude, "float \(i)")
      #expect(mean[i].bitPattern & 0xFFFF == 0)
    }
    // The values are really rounded: the float32 mean differs.
    #expect(!sameBits(mean, gradients.treeMean(batchSize: 8)))
  }

  @Test func notFiniteGradientsSurviveTheRounding() throws {
    let (exchange, _) = run(2, ReductionOptions(dataType: .bfloat16))
    for sample in exchange.begin(batchSize: 2) {
      let leaf = exchange.beginSample(sample)
      leaf.update(repeating: 1, count: 256)
      // A NaN. Its upper half alone would be an infinity.
      leaf[3] = Float(bitPattern: 0x7F80_0001)
      leaf[4] = .infinity
      exchange.complete(sample: sample)
    }
    try exchange.finish()
    #expect(exchange.destination.pointer[3].isNaN)
    #expect(exchange.destination.pointer[4] == .infinity)
    #expect(exchange.destination.pointer[5] == 1)
  }

  @Test func steadyStepsAllocateNothing() throws {
    let (exchange, run) = run(3)
    for batchSize in [8, 5] { _ = try run.mean(batchSize: batchSize) }
    let allocations = exchange.allocations
    for step in 0..<20 { _ = try run.mean(batchSize: step % 3 == 2 ? 5 : 8, step: step) }
    #expect(exchange.allocations == allocations)
  }
}
