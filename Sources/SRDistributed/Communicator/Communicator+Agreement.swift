/// An error that every rank throws alike, so that one of them reports it and all leave together.
package protocol CommonFailure: Error {}

/// What went wrong on one rank, told to all of them.
package struct RankFailure: CommonFailure, CustomStringConvertible, Sendable {
  package let rank: Int
  package let hostName: String
  package let message: String
  /// How many ranks failed. The lowest of them is described.
  package let failedRanks: Int

  package var description: String {
    let others = failedRanks > 1 ? " (and \(failedRanks - 1) more ranks)" : ""
    return "rank \(rank) on \(hostName)\(others): \(message)"
  }
}

extension Communicator {
  /// Runs `body` on every rank. If it throws on any rank, all ranks throw. Collective.
  ///
  /// Every rank then throws the same ``RankFailure``, that of the lowest failed rank. So the job ends in order, and rank 0
  /// alone reports the failure. Without this, the ranks that succeeded would wait for the others forever.
  package func together<Result>(_ body: () throws -> Result) throws -> Result {
    let outcome = Swift.Result { try body() }
    if worldSize == 1 { return try outcome.get() }
    var own: ToldFailure?
    if case .failure(let error) = outcome { own = ToldFailure(hostName: hostName, message: "\(error)") }
    let told = try allGather(own)
    if let rank = told.firstIndex(where: { $0 != nil }), let first = told[rank] {
      throw RankFailure(
        rank: rank, hostName: first.hostName, message: first.message, failedRanks: told.count { $0 != nil })
    }
    return try outcome.get()
  }

  /// ``together(_:)`` at a run's start, where a rank's part may take long. `body` runs in ``RunPhase/starting``. A rank that has
  /// finished it waits for the others in ``RunPhase/gathering``, so that the watchdog does not blame that rank for them.
  /// Collective.
  package func together<Result>(
    starting activity: RankActivity, _ body: () throws -> Result
  ) throws -> Result {
    activity.enter(.starting)
    return try together {
      defer { activity.enter(.gathering) }
      return try body()
    }
  }
}

/// What a rank tells the others about its failure.
private struct ToldFailure: Codable {
  let hostName: String
  let message: String
}
