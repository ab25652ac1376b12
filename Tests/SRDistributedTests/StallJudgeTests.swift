import SRDistributed
import Testing

/// Verdicts over made-up heartbeats, in ticks of 1 s with a limit of 10 s.
struct StallJudgeTests {
  private func judge(rank: Int = 0) -> StallJudge {
    StallJudge(ownRank: rank, worldSize: 4, limit: 10, tick: 1)
  }

  private func heartbeat(_ phase: RunPhase, step: Int = 5, stalled: Double = 0) -> Heartbeat {
    Heartbeat(phase: phase, step: step, stalledSeconds: stalled)
  }

  @Test func silentRankIsFoundAfterTheLimitAndNoEarlier() {
    var judge = judge()
    for second in 1...10 {
      judge.advance(by: 1)
      for rank in [0, 1, 3] { judge.hear(heartbeat(.exchange, stalled: Double(second)), from: rank) }
      if second < 10 { #expect(judge.verdict() == nil) }
    }
    #expect(judge.verdict()?.kind == .silent)
    #expect(judge.verdict()?.rank == 2)
  }

  @Test func jobThatWasSuspendedAsAWholeHasNotStalled() {
    var judge = judge()
    judge.advance(by: 3600)
    #expect(judge.verdict() == nil)
  }

  @Test func victimsThatWaitAreNotBlamedWhileAnotherRankWorks() {
    var judge = judge()
    for rank in [0, 2, 3] { judge.hear(heartbeat(.exchange, stalled: 1000), from: rank) }
    judge.hear(heartbeat(.validation, stalled: 9), from: 1)
    #expect(judge.verdict() == nil)
    judge.hear(heartbeat(.validation, stalled: 10), from: 1)
    #expect(judge.verdict()?.kind == .stuck)
    #expect(judge.verdict()?.rank == 1)
  }

  @Test func startedRanksAreNotBlamedForOneThatStarts() {
    var judge = judge()
    for rank in [0, 1, 3] { judge.hear(heartbeat(.gathering, step: 0, stalled: 1000), from: rank) }
    judge.hear(heartbeat(.starting, step: 0, stalled: 49), from: 2)
    #expect(judge.verdict() == nil)
    judge.hear(heartbeat(.starting, step: 0, stalled: 50), from: 2)
    #expect(judge.verdict()?.kind == .stuck)
    #expect(judge.verdict()?.rank == 2)
  }

  @Test func checkpointMayTakeLongerThanAStep() {
    var judge = judge()
    for rank in 1...3 { judge.hear(heartbeat(.exchange, stalled: 40), from: rank) }
    judge.hear(heartbeat(.checkpoint, stalled: 40), from: 0)
    #expect(judge.verdict() == nil)
    judge.hear(heartbeat(.checkpoint, stalled: 50), from: 0)
    #expect(judge.verdict()?.rank == 0)
  }

  @Test func ofRanksThatAllWaitTheOneFurthestBehindIsNamed() {
    var judge = judge()
    for rank in [0, 1, 3] { judge.hear(heartbeat(.agreement, step: 6, stalled: 11), from: rank) }
    judge.hear(heartbeat(.exchange, step: 6, stalled: 11), from: 2)
    #expect(judge.verdict()?.kind == .deadlock)
    #expect(judge.verdict()?.rank == 2)
  }

  @Test func ranksSpeakUpForASilentRank0OneAfterTheOther() {
    for rank in 1...3 {
      var judge = judge(rank: rank)
      for _ in 1..<(10 + rank - 1) { judge.advance(by: 1) }
      #expect(judge.verdict() == nil)
      judge.advance(by: 1)
      #expect(judge.verdict()?.rank == 0)
    }
  }
}
