/// Decides from heartbeats which rank, if any, has stalled. Pure bookkeeping; not thread-safe.
///
/// Rank 0 hears every rank and judges them all; the others hear rank 0 and judge it alone. Time is counted in the
/// judge's own ticks, each of bounded length: a job that was suspended as a whole and goes on has not stalled.
package struct StallJudge {
  package struct Verdict: Equatable {
    package let kind: StallReport.Kind
    package let rank: Int
    /// Without an answer or without progress.
    package let seconds: Double
  }

  /// What a rank has last told, and for how long it has told nothing.
  struct Sighting {
    var heartbeat = Heartbeat(phase: .starting, step: 0, stalledSeconds: 0)
    var silentSeconds = 0.0
  }

  private let ownRank: Int
  /// Seconds.
  private let limit: Double
  private let tick: Double
  private(set) var sightings: [Sighting]

  /// - Parameters:
  ///   - limit: seconds without an answer or without progress that end a job.
  ///   - tick: seconds between two calls of ``advance(by:)`` and between two heartbeats of a rank.
  package init(ownRank: Int, worldSize: Int, limit: Double, tick: Double) {
    self.ownRank = ownRank
    self.limit = limit
    self.tick = tick
    sightings = Array(repeating: Sighting(), count: worldSize)
  }

  package mutating func advance(by seconds: Double) {
    for rank in sightings.indices { sightings[rank].silentSeconds += min(seconds, 2 * tick) }
  }

  package mutating func hear(_ heartbeat: Heartbeat, from rank: Int) {
    sightings[rank] = Sighting(heartbeat: heartbeat, silentSeconds: 0)
  }

  package func verdict() -> Verdict? { ownRank == 0 ? verdictOverAll() : verdictOverRank0() }

  private func verdictOverAll() -> Verdict? {
    if let rank = sightings.firstIndex(where: { $0.silentSeconds >= limit }) {
      return Verdict(kind: .silent, rank: rank, seconds: sightings[rank].silentSeconds)
    }
    let heartbeats = sightings.map(\.heartbeat)
    let stuck = heartbeats.firstIndex {
      !$0.phase.waitsForOthers && $0.stalledSeconds >= limit * $0.phase.patience
    }
    if let stuck { return Verdict(kind: .stuck, rank: stuck, seconds: heartbeats[stuck].stalledSeconds) }
    // A rank that waits is a victim as long as any other one works.
    guard heartbeats.allSatisfy({ $0.phase.waitsForOthers && $0.stalledSeconds >= limit }) else { return nil }
    let last = heartbeats.indices.min { left, right in
      (heartbeats[left].step, heartbeats[left].phase.rawValue)
        < (heartbeats[right].step, heartbeats[right].phase.rawValue)
    }
    return last.map { Verdict(kind: .deadlock, rank: $0, seconds: heartbeats[$0].stalledSeconds) }
  }

  /// Each rank waits a little longer than the one below it, so that the lowest one that lives speaks alone.
  private func verdictOverRank0() -> Verdict? {
    let silent = sightings[0].silentSeconds
    guard silent >= limit + tick * Double(min(ownRank - 1, 20)) else { return nil }
    return Verdict(kind: .silent, rank: 0, seconds: silent)
  }
}
