import Foundation
import SRDistributed

/// Starts the timer that every command starts, with little patience.
private func startTimer() throws {
  try StallTimer.start(watching: RankActivity(), stallTimeout: 1, leastPatience: 2) { report in
    FileHandle.standardError.write(Data("timer: \(report)\n".utf8))
  }
}

/// Rank 1 stops before MPI starts. The others wait for it in `MPI_Init`, where no watchdog watches.
enum StoppedAtStartCheck: RankCheck {
  static let name = "stopped-at-start"

  /// Runs before MPI starts.
  static func prepare() throws {
    try startTimer()
    if Communicator.launchedRank == 1 { kill(getpid(), SIGSTOP) }
  }

  static func run(on communicator: Communicator) throws -> String { "nobody stalled" }
}

/// Rank 1 stops before MPI ends. The others wait for it in `MPI_Finalize`.
enum StoppedAtEndCheck: RankCheck {
  static let name = "stopped-at-end"

  static func run(on communicator: Communicator) throws -> String {
    try startTimer()
    if communicator.rank == 1 { kill(getpid(), SIGSTOP) }
    try communicator.finalize()
    return "nobody stalled"
  }
}
