import Foundation

/// Ends a job in which a rank hangs, is stopped or is cut off, and says which one.
///
/// A rank that dies ends its job by itself: the launcher sees it. One that is stopped does not, and all others wait
/// for it. So a thread of every rank exchanges heartbeats with rank 0, which tell how far the rank's main thread has
/// come; long phases that get on are no stall.
package final class Watchdog: Sendable {
  /// The launcher's exit status of a job that a watchdog ended.
  package static let exitStatus = 77

  private let monitor: Monitor

  /// Starts to watch. Collective.
  ///
  /// - Parameters:
  ///   - activity: what this rank's main thread and workers tell.
  ///   - stallTimeout: seconds within which a job that gets no further is ended.
  ///   - report: called once before the job is ended, on the one rank that ends it.
  /// - Throws: ``MPIError`` where MPI refuses a communicator.
  package init(
    _ communicator: Communicator, watching activity: RankActivity, stallTimeout: Double,
    report: @escaping @Sendable (StallReport) -> Void
  ) throws(MPIError) {
    precondition(stallTimeout > 0, "a stall timeout of \(stallTimeout) s was given")
    let own = "\(ProcessInfo.processInfo.processIdentifier) \(communicator.hostName)"
    let places = try communicator.allGather(Array(own.utf8)).map {
      String(decoding: $0, as: UTF8.self).split(separator: " ", maxSplits: 1).map(String.init)
    }
    monitor = Monitor(
      communicator: communicator, activity: activity, places: places.map { (Int($0[0]) ?? 0, $0[1]) },
      line: try HeartbeatLine(communicator), stallTimeout: stallTimeout, report: report)
    monitor.start()
  }

  /// Stops watching; MPI may be finalised afterwards. A rank that ends while others go on looks silent to them, so
  /// the ranks meet before (in ``RunPhase/ending``), unless the job fails.
  package func end() { monitor.end() }
}

/// The watching thread. What it alone uses needs no lock.
private final class Monitor: @unchecked Sendable {
  private let communicator: Communicator
  private let activity: RankActivity
  private let places: [(processIdentifier: Int, host: String)]
  private let line: HeartbeatLine?
  private let report: @Sendable (StallReport) -> Void
  private let tick: Double
  private var judge: StallJudge
  private var lastState: RankActivity.State
  private var stalledSeconds = 0.0

  private let condition = NSCondition()
  /// Guarded by `condition`.
  private var (isEnding, hasEnded) = (false, false)

  init(
    communicator: Communicator, activity: RankActivity, places: [(Int, String)], line: HeartbeatLine?,
    stallTimeout: Double, report: @escaping @Sendable (StallReport) -> Void
  ) {
    self.communicator = communicator
    self.activity = activity
    self.places = places
    self.line = line
    self.report = report
    tick = min(max(stallTimeout / 40, 0.01), 2)
    // A little earlier than the timeout, which is to be the end of the job and not of the judge's patience.
    judge = StallJudge(
      ownRank: communicator.rank, worldSize: communicator.worldSize, limit: 0.9 * stallTimeout, tick: tick)
    lastState = activity.state
  }

  func start() {
    let thread = Thread { [self] in
      var last = ContinuousClock.now
      while wait() {
        let now = ContinuousClock.now
        let elapsed = last.duration(to: now) / .seconds(1)
        last = now
        look(after: elapsed)
      }
    }
    thread.name = "watchdog"
    thread.start()
  }

  func end() {
    condition.withLock {
      isEnding = true
      condition.broadcast()
      while !hasEnded { condition.wait() }
    }
  }

  /// Sleeps for a tick; false where the watch ends.
  private func wait() -> Bool {
    condition.withLock {
      if !isEnding { _ = condition.wait(until: Date(timeIntervalSinceNow: tick)) }
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
      // A line that is broken is as good as silent: the judge counts on.
    }
    if let verdict = judge.verdict() { end(on: verdict) }
  }

  private func end(on verdict: StallJudge.Verdict) -> Never {
    let (place, seen) = (places[verdict.rank], judge.sightings[verdict.rank].heartbeat)
    report(
      StallReport(
        kind: verdict.kind, rank: verdict.rank, host: place.host,
        processIdentifier: place.processIdentifier, step: seen.step, phase: seen.phase,
        seconds: verdict.seconds))
    communicator.abort(Watchdog.exitStatus)
  }
}
