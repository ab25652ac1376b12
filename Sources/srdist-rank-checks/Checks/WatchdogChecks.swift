import Foundation
import SRDistributed

/// Seconds. A loaded machine makes a thread wait far less, and a test may last far longer.
private let stallTimeout = 8.0

/// Watches a job in which rank 1 runs `body` while the others wait for rank 1 in a barrier.
private func watch(_ communicator: Communicator, rank1 body: (RankActivity) -> Void) throws {
  let activity = RankActivity()
  let watchdog = try Watchdog(communicator, watching: activity, stallTimeout: stallTimeout) { report in
    FileHandle.standardError.write(Data("watchdog of rank \(communicator.rank): \(report)\n".utf8))
  }
  activity.enter(.forwardBackward, step: 7)
  if communicator.rank == 1 { body(activity) }
  activity.enter(.exchange)
  try communicator.barrier()
  watchdog?.end()
}

/// A rank that works much longer than the timeout, but makes progress, has not stalled.
enum SlowRankCheck: RankCheck {
  static let name = "slow-rank"

  static func run(on communicator: Communicator) throws -> String {
    try watch(communicator) { activity in
      for _ in 0..<6 {
        Thread.sleep(forTimeInterval: 0.25 * stallTimeout)
        activity.mark()
      }
    }
    return "nobody stalled"
  }
}

/// A rank whose process is stopped.
enum StoppedRankCheck: RankCheck {
  static let name = "stopped-rank"

  static func run(on communicator: Communicator) throws -> String {
    try watch(communicator) { _ in
      // In this time some heartbeats tell where the rank is.
      Thread.sleep(forTimeInterval: 0.3 * stallTimeout)
      kill(getpid(), SIGSTOP)
    }
    return "nobody stalled"
  }
}

/// A rank whose main thread hangs while its process lives.
enum StuckRankCheck: RankCheck {
  static let name = "stuck-rank"

  static func run(on communicator: Communicator) throws -> String {
    try watch(communicator) { _ in Thread.sleep(forTimeInterval: 1000) }
    return "nobody stalled"
  }
}

/// All ranks wait. Rank 1 waits in the exchange of an earlier step, which the others have finished.
enum DeadlockCheck: RankCheck {
  static let name = "deadlock"

  static func run(on communicator: Communicator) throws -> String {
    try watch(communicator) { activity in
      activity.enter(.exchange, step: 6)
      Thread.sleep(forTimeInterval: 1000)
    }
    return "nobody stalled"
  }
}
