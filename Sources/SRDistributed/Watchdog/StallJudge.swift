/// A rank that keeps a job from making progress.
package struct StallReport: Sendable, Equatable, CustomStringConvertible {
  package enum Kind: Sendable, Equatable {
    /// The whole process is stopped, gone or cut off: its watchdog does not answer.
    case silent
    /// Its watchdog answers, but the training makes no progress.
    case stuck
    /// All ranks wait for each other. This one is the furthest behind.
    case deadlock
  }

  package let kind: Kind
  package let rank: Int
  package let host: String
  package let processIdentifier: Int
  /// The step in which the rank was last seen, from 1; 0 before the first step.
  package let step: Int
  package let phase: RunPhase
  package let seconds: Double

  package var description: String {
    let who = "rank \(rank) on \(host) (pid \(processIdentifier))"
    let place = "in \(phase.name) of step \(step)"
    let time = "\((seconds * 10).rounded() / 10) s"
    return switch kind {
    case .silent: "\(who) has not answered for \(time); it was last seen \(place)"
    case .stuck: "\(who) has made no progress for \(time) \(place)"
    case .deadlock:
      "all ranks have waited for each other for \(time); \(who) is the furthest behind, \(place)"
    }
  }
}

/// Decides from heartbeats which rank has stalled, if any. It is pure bookkeeping, and not thread-safe.
///
/// Rank 0 hears every rank and judges them all. The others hear rank 0 and judge only it. Time is counted in the judge's own
/// ticks, whose length is bounded: a job that was suspended as a whole and continues has not stalled.
package struct StallJudge {
  package struct Verdict: Equatable {
    package let kind: StallReport.Kind
    package let rank: Int
    /// Time without an answer or without progress.
    package let seconds: Double
  }

  /// What a rank reported last, and for how long it has been silent.
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
  ///   - limit: a job ends after so many seconds without an answer or without progress.
  ///   - tick: seconds between two calls of ``advance(by:)``, and between two heartbeats of a rank.
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
    // A rank that waits is not to blame as long as any other rank works.
    guard heartbeats.allSatisfy({ $0.phase.waitsForOthers && $0.stalledSeconds >= limit }) else { return nil }
    let last = heartbeats.indices.min { left, right in
      (heartbeats[left].step, heartbeats[left].phase.rawValue)
        < (heartbeats[right].step, heartbeats[right].phase.rawValue)
    }
    return last.map { Verdict(kind: .deadlock, rank: $0, seconds: heartbeats[$0].stalledSeconds) }
  }

  /// Each rank waits a little longer than the one below it, so that only the lowest living rank reports.
  private func verdictOverRank0() -> Verdict? {
    let silent = sightings[0].silentSeconds
    guard silent >= limit + tick * Double(min(ownRank - 1, 20)) else { return nil }
    return Verdict(kind: .silent, rank: 0, seconds: silent)
  }
}
