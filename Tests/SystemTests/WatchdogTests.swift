import Foundation
import SRTestSupport
import Testing

/// Ranks that stop, hang, wait for each other, or are just slow, in real MPI jobs.
@Suite(.serialized, .enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
struct WatchdogTests {
  private func job(_ check: String, ranks: Int = 3) throws -> ProgramRun {
    try ProgramRun(ranks: ranks, "srdist-rank-checks", [check])
  }

  /// The lines that the watchdogs printed.
  private func reports(_ run: ProgramRun) -> [Substring] {
    run.errors.split(separator: "\n").filter { $0.contains("watchdog of rank") }
  }

  /// The watchdog's heartbeats need MPI. Before and after, a timer ends the ranks that wait.
  @Test(arguments: ["stopped-at-start", "stopped-at-end"])
  func aRankThatStopsOutsideTheWatchEndsTheJob(_ check: String) throws {
    let run = try job(check)
    #expect(
      run.status == 77 || run.status == 139 && run.errors.contains("PMIx_server_finalize"),
      "\(run.status): \(run.errors)")
    #expect(run.errors.contains("timer: rank 0 on "), "\(run.errors)")
    #expect(run.errors.contains("where no watchdog watches"), "\(run.errors)")
  }

  @Test func slowRankIsNotMistakenForAStalledOne() throws {
    let run = try job("slow-rank")
    #expect(run.status == 0 && reports(run).isEmpty, "\(run.errors)")
  }

  @Test(arguments: [
    ("stopped-rank", "watchdog of rank 0: rank 1 on ", "has not answered for"),
    ("stuck-rank", "watchdog of rank 0: rank 1 on ", "has made no progress for"),
    ("deadlock", "watchdog of rank 0: all ranks have waited", "rank 1 on "),
  ])
  func stalledRankIsNamedOnceAndTheJobEnded(_ check: String, _ start: String, _ reason: String) throws {
    let run = try job(check)
    // Open MPI 4.1.4's mpirun sometimes crashes at its own end, after it has ended all ranks.
    #expect(
      run.status == 77 || run.status == 139 && run.errors.contains("PMIx_server_finalize"),
      "\(run.status): \(run.errors)")
    let said = reports(run)
    try #require(said.count == 1, "\(run.errors)")
    #expect(said[0].hasPrefix(start) && said[0].contains(reason))
    #expect(said[0].contains(check == "deadlock" ? "in exchange of step 6" : "in forward/backward of step 7"))
  }
}
