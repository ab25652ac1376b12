import SRDistributed

/// The mean over a batch has the bits of the single-process tree. Batches pass through one exchange, one after another: some
/// are not divisible by the number of ranks, and short ones leave ranks without samples.
enum TreeExchangeCheck: RankCheck {
  static let name = "tree-exchange"
  static let batchSizes = [8, 8, 7, 1, 13, 2, 3, 16, 5, 8]

  static func run(on communicator: Communicator) throws -> String {
    var total = digest([])
    for overlaps in [true, false] {
      let run = try ExchangeRun(communicator, ReductionOptions(overlapsComputation: overlaps))
      for (step, batchSize) in batchSizes.enumerated() {
        let mean = try run.mean(batchSize: batchSize, step: step)
        let expected = SyntheticGradients(arenaCount: run.arenaCount, step: step)
          .treeMean(batchSize: batchSize)
        try expect(
          sameBits(mean, expected),
          "step \(step): the mean of \(batchSize) samples differs from the single process's")
        total = digest(mean, startingAt: total)
      }
    }
    return String(total, radix: 16)
  }
}
