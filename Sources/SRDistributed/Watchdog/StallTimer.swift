import Foundation
import SRProcess

/// Ends this process if neither it nor its ``Watchdog`` makes progress.
///
/// The watchdog needs MPI, so it cannot watch `MPI_Init` and `MPI_Finalize`, in which a rank waits for ranks that may be stopped
/// or cut off. The timer needs nothing but this process. It runs from before MPI starts until the process ends. As long as the
/// watchdog looks around, the timer leaves the judgement to it.
package enum StallTimer {
  /// MPI's start and end make no marks, and take seconds on a busy machine. So the timer is patient for at least so many seconds.
  package static let leastPatience = 30.0

  /// Starts the timer.
  ///
  /// - Parameters:
  ///   - stallTimeout: seconds.
  ///   - leastPatience: the timer waits for at least so many seconds.
  ///   - report: called once with the reason, before the process ends with ``Watchdog/exitStatus``.
  /// - Throws: ``ThreadError`` if the system refuses the thread.
  package static func start(
    watching activity: RankActivity, stallTimeout: Double, leastPatience: Double = leastPatience,
    report: @escaping @Sendable (String) -> Void
  ) throws(ThreadError) {
    // If several ranks wait for one, the lowest reports, and the launcher ends the others.
    let rank = Communicator.launchedRank
    let patience = max(stallTimeout, leastPatience) + 2 * Double(min(rank, 10))
    let tick = 0.25
    let host = readCString { _ = gethostname($0, Int($1)) }
    try SystemThread.start("stall timer") {
      var (signs, waited, last) = (activity.signs, 0.0, ContinuousClock.now)
      while waited < patience {
        Thread.sleep(forTimeInterval: tick)
        let now = ContinuousClock.now
        // A process that was suspended and continues has not stalled.
        waited += min(last.duration(to: now) / .seconds(1), 2 * tick)
        last = now
        let new = activity.signs
        if new != signs { (signs, waited) = (new, 0) }
      }
      Communicator.exit(Watchdog.exitStatus) {
        report(
          "rank \(rank) on \(host) (pid \(getpid())) has waited for \(Int(waited)) s in "
            + "\(activity.state.phase.name), where no watchdog watches: another rank or its host may be stopped or cut off"
        )
      }
    }
  }
}
