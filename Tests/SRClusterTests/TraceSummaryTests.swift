import SRCluster
import SRDistributed
import Testing

/// How traced steps spend their time, computed for made-up spans.
struct TraceSummaryTests {
  private func span(_ phase: RunPhase, _ step: Int, _ start: Double, _ end: Double) -> TraceSpan {
    TraceSpan(name: phase.name, lane: .phases, step: step, start: start, end: end)
  }

  @Test func computedExposedAndHiddenTimeAreToldApart() {
    func rank(compute: Double, exchangeStart: Double) -> [TraceSpan] {
      [1, 2, 3].flatMap { step -> [TraceSpan] in
        let start = Double(step) * 10
        return [
          span(.forwardBackward, step, start, start + compute),
          span(.exchange, step, start + compute, start + 5),
          TraceSpan(
            name: "all-to-all", lane: .exchange, step: step, start: start + exchangeStart, end: start + 4.5),
          TraceSpan(
            name: "all-gather", lane: .exchange, step: step, start: start + exchangeStart + 0.5,
            end: start + 5),
        ]
      }
    }
    let summary = TraceSummary([rank(compute: 3, exchangeStart: 2), rank(compute: 4, exchangeStart: 3)])
    // The first step opens connections, so it does not count.
    #expect(summary.steps == 2)
    #expect(summary.ranks.map { Int($0.compute.rounded()) } == [3000, 4000])
    #expect(summary.ranks.map { Int($0.exposed.rounded()) } == [2000, 1000])
    #expect(summary.ranks.map { Int($0.hidden.rounded()) } == [1000, 1000])
    #expect(summary.ranks.map { Int($0.skew.rounded()) } == [-500, 500])
  }
}
