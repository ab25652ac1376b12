/// What went wrong on one rank, told to all of them.
package struct RankFailure: Error, CustomStringConvertible, Sendable {
  package let rank: Int
  package let hostName: String
  package let message: String
  /// How many ranks failed; the lowest one is described.
  package let failedRanks: Int

  package var description: String {
    let others = failedRanks > 1 ? " (and \(failedRanks - 1) more ranks)" : ""
    return "rank \(rank) on \(hostName)\(others): \(message)"
  }
}

extension Communicator {
  /// Runs `body` on every rank and throws on all of them where it threw on any. Collective.
  ///
  /// Every rank then throws the same ``RankFailure``, the lowest failed rank's, so that the job ends in order
  /// and rank 0 alone reports it. Without this the ranks that succeeded would wait for the others for ever.
  package func together<Result>(_ body: () throws -> Result) throws -> Result {
    let outcome = Swift.Result { try body() }
    if worldSize == 1 { return try outcome.get() }
    var message: [UInt8] = [0]
    if case .failure(let error) = outcome { message = [1] + Array("\(hostName)\n\(error)".utf8) }
    let failures = try allGather(message).enumerated().filter { $0.element[0] == 1 }
    if let (rank, bytes) = failures.first {
      let parts = String(decoding: bytes.dropFirst(), as: UTF8.self)
        .split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      throw RankFailure(
        rank: rank, hostName: String(parts[0]), message: String(parts[1]), failedRanks: failures.count)
    }
    return try outcome.get()
  }
}
