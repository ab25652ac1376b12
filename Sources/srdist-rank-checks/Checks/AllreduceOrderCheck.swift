import SRDistributed

/// `MPI_Allreduce` gives all ranks the same mean, which is right up to rounding. The caller compares the bits.
enum AllreduceOrderCheck: RankCheck {
  static let name = "allreduce-order"

  static func run(on communicator: Communicator) throws -> String {
    let run = try ExchangeRun(communicator, ReductionOptions(mode: .mpi))
    var total = digest([])
    for (step, batchSize) in [8, 2, 7].enumerated() {
      let mean = try run.mean(batchSize: batchSize, step: step)
      let gradients = SyntheticGradients(arenaCount: run.arenaCount, step: step)
      // Magnitudes reach 2^20. The error may be a few units in the last place of the largest term.
      let tolerance = 0x1p20 * 0x1p-23 * Double(batchSize)
      for (index, (value, exact)) in zip(mean, gradients.exactMean(batchSize: batchSize)).enumerated() {
        try expect(
          abs(Double(value) - exact) <= tolerance,
          "step \(step): float \(index) of the mean is \(value), \(exact) was expected")
      }
      let digests = try communicator.broadcast(Array("\(digest(mean))".utf8))
      try expect(digests == Array("\(digest(mean))".utf8), "step \(step): ranks received different means")
      total = digest(mean, startingAt: total)
    }
    return String(total, radix: 16)
  }
}
