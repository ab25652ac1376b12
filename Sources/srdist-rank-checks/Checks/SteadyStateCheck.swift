import SRDistributed

/// After the first pass over full and short batches an exchange allocates nothing more.
enum SteadyStateCheck: RankCheck {
  static let name = "steady-state"

  static func run(on communicator: Communicator) throws -> String {
    let run = try ExchangeRun(communicator)
    var afterFirst = 0
    for epoch in 0..<50 {
      for (step, batchSize) in [8, 8, 5].enumerated() {
        let mean = try run.mean(batchSize: batchSize, step: step)
        if epoch == 49 {
          let expected = SyntheticGradients(arenaCount: run.arenaCount, step: step)
            .treeMean(batchSize: batchSize)
          try expect(sameBits(mean, expected), "step \(step) of the last epoch is wrong")
        }
      }
      if epoch == 0 { afterFirst = run.reducer.allocations }
      try expect(
        run.reducer.allocations == afterFirst,
        "\(afterFirst) buffers after epoch 0, \(run.reducer.allocations) after epoch \(epoch)")
    }
    return "steady"
  }
}
