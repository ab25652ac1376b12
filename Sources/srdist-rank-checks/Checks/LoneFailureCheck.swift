import SRDistributed

/// A rank that fails while the others wait for its gradients ends the job.
enum LoneFailureCheck: RankCheck {
  static let name = "lone-failure"

  static func run(on communicator: Communicator) throws -> String {
    let run = try ExchangeRun(communicator)
    _ = try run.mean(batchSize: 8)
    try expect(communicator.rank != communicator.worldSize - 1, "the loss of sample 5 is not finite")
    _ = try run.mean(batchSize: 8)
    return "nobody failed"
  }
}
