import SRDistributed

/// A failure on the last rank is thrown on all ranks, so that one of them reports it.
enum AgreedFailureCheck: RankCheck {
  static let name = "agreed-failure"

  static func run(on communicator: Communicator) throws -> String {
    let (rank, worldSize) = (communicator.rank, communicator.worldSize)
    let sum = try communicator.together { rank + 1 }
    try expect(sum == rank + 1, "a success returned \(sum)")
    try communicator.together {
      try expect(rank != worldSize - 1, "no such file: weights.safetensors")
    }
    return "nobody failed"
  }
}
