import Foundation
import SRProcess

/// Ends a job in which a rank hangs, is stopped or is cut off, and says which rank it is.
///
/// If a rank dies, the launcher notices and ends the job. If a rank is stopped, the launcher does not notice, and all others
/// wait for the rank. So a thread of every rank exchanges heartbeats with rank 0. They tell how far the rank's main thread
/// has come. A long phase that makes progress is no stall.
///
/// The heartbeats need MPI. A ``StallTimer`` watches before and after, and watches the watchdog.
package final class Watchdog: Sendable {
  /// The launcher's exit status if a watchdog ended the job.
  package static let exitStatus = 77

  private let monitor: Monitor

  /// Starts watching, if rank 0 has a timeout. Collective.
  ///
  /// - Parameters:
  ///   - activity: what this rank's main thread and workers report.
  ///   - stallTimeout: a job that makes no progress is ended within so many seconds. Nil for never. Rank 0's counts for all.
  ///   - report: called once before the job is ended, on the one rank that ends it.
  /// - Throws: ``MPIError`` if MPI refuses a communicator, ``ThreadError`` if the system refuses the thread.
  package init?(
    _ communicator: Communicator, watching activity: RankActivity, stallTimeout: Double?,
    report: @escaping @Sendable (StallReport) -> Void
  ) throws {
    // Only if all ranks watch can they be told from silent ones.
    guard let stallTimeout = try communicator.broadcast(stallTimeout) else { return nil }
    precondition(stallTimeout > 0, "the stall timeout is \(stallTimeout) s, expected a number above 0")
    let own = Place(
      processIdentifier: Int(ProcessInfo.processInfo.processIdentifier), host: communicator.hostName)
    monitor = Monitor(
      communicator: communicator, activity: activity, places: try communicator.allGather(own),
      line: try HeartbeatLine(communicator), stallTimeout: stallTimeout, report: report)
    try monitor.start()
  }

  /// Stops watching. MPI may be finalised afterwards.
  ///
  /// A rank that ends while others continue looks silent to them. So the ranks meet first, in ``RunPhase/ending``, unless the
  /// job fails.
  package func end() { monitor.end() }
}

/// Where a rank runs.
private struct Place: Codable {
  let processIdentifier: Int
  let host: String
}

/// The watching thread. What only this thread uses needs no lock.
private final class Monitor: @unchecked Sendable {
  private let communicator: Communicator
  private let activity: RankActivity
  /// By rank.
  private let places: [Place]
  private let line: HeartbeatLine?
  private let report: @Sendable (StallReport) -> Void
  private let tick: Double
  private var judge: StallJudge
  private var lastState: RankActivity.State
  private var stalledSeconds = 0.0

  private let condition = Condition()
  /// Guarded by `condition`.
  private var (isEnding, hasEnded) = (false, false)

  init(
    communicator: Communicator, activity: RankActivity, places: [Place], line: HeartbeatLine?,
    stallTimeout: Double, report: @escaping @Sendable (StallReport) -> Void
  ) {
    self.communicator = communicator
    self.activity = activity
    self.places = places
    self.line = line
    self.report = report
    tick = min(max(stallTimeout / 40, 0.01), 2)
    // The timeout is for the end of the job, so the judge's patience ends a little earlier.
    judge = StallJudge(
      ownRank: communicator.rank, worldSize: communicator.worldSize, limit: 0.9 * stallTimeout, tick: tick)
    lastState = activity.state
  }

  func start() throws(ThreadError) {
    try SystemThread.start("watchdog") { [self] in
      var last = ContinuousClock.now
      while wait() {
        let now = ContinuousClock.now
        let elapsed = last.duration(to: now) / .seconds(1)
        last = now
        look(after: elapsed)
      }
    }
  }

  func end() {
    condition.withLock {
      isEnding = true
      condition.broadcast()
      while !hasEnded { condition.wait() }
    }
  }

  /// Sleeps for a tick. False if the watch ends.
  private func wait() -> Bool {
    condition.withLock {
      if !isEnding { condition.wait(seconds: tick) }
      if isEnding {
        hasEnded = true
        condition.broadcast()
      }
      return !isEnding
    }
  }

  private func look(after seconds: Double) {
    let state = activity.state
    stalledSeconds = state == lastState ? stalledSeconds + min(seconds, 2 * tick) : 0
    lastState = state
    let heartbeat = Heartbeat(phase: state.phase, step: state.step, stalledSeconds: stalledSeconds)
    judge.advance(by: seconds)
    judge.hear(heartbeat, from: communicator.rank)
    do {
      try line?.send(heartbeat)
      while let (heartbeat, rank) = try line?.receive() { judge.hear(heartbeat, from: rank) }
    } catch {
      // A broken connection counts as silence: the judge keeps counting.
    }
    if let verdict = judge.verdict() { end(on: verdict) }
    activity.look()
  }

  private func end(on verdict: StallJudge.Verdict) -> Never {
    let (place, seen) = (places[verdict.rank], judge.sightings[verdict.rank].heartbeat)
    communicator.abort(Watchdog.exitStatus) {
      report(
        StallReport(
          kind: verdict.kind, rank: verdict.rank, host: place.host,
          processIdentifier: place.processIdentifier, step: seen.step, phase: seen.phase,
          seconds: verdict.seconds))
    }
  }
}
