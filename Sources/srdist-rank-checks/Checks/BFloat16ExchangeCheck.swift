import SRDistributed

/// With bfloat16 on the network, the mean has the bits of a tree in which every value is rounded.
enum BFloat16ExchangeCheck: RankCheck {
  static let name = "bfloat16-exchange"

  static func run(on communicator: Communicator) throws -> String {
    let run = try ExchangeRun(communicator, ReductionOptions(dataType: .bfloat16))
    var total = digest([])
    for (step, batchSize) in [8, 7, 1, 13, 2].enumerated() {
      let mean = try run.mean(batchSize: batchSize, step: step)
      let expected = SyntheticGradients(arenaCount: run.arenaCount, step: step)
        .treeMean(batchSize: batchSize, rounding: nearestBFloat16)
      try expect(
        sameBits(mean, expected),
        "step \(step): the mean of \(batchSize) samples differs from the single process's")
      total = digest(mean, startingAt: total)
    }
    return String(total, radix: 16)
  }
}
