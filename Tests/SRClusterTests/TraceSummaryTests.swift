import Foundation
import SRDistributed
import SRTestSupport
import SRTraining
import Testing

/// Where the time of traced steps goes: of made-up spans, and of a real run.
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
    // The first step opens connections and does not count.
    #expect(summary.steps == 2)
    #expect(summary.ranks.map { Int($0.compute.rounded()) } == [3000, 4000])
    #expect(summary.ranks.map { Int($0.exposed.rounded()) } == [2000, 1000])
    #expect(summary.ranks.map { Int($0.hidden.rounded()) } == [1000, 1000])
    #expect(summary.ranks.map { Int($0.skew.rounded()) } == [-500, 500])
  }

  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func realRunWritesATraceOfAllRanks() throws {
    let folder = try TemporaryFolder()
    let run = try ProgramRun(
      ranks: 2, "srdist",
      [
        "train", "--model", "vanilla", "--loss", "mse=1", "--synthetic-train", "16", "--synthetic-valid", "2",
        "--batch-size", "4", "--epochs", "1", "--threads", "1", "--samples", "0", "--output",
        folder.file("run"),
        "--trace", folder.file("trace.json"),
      ])
    try #require(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("per step, in ms, over 3 steps:"))
    let object = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: folder.file("trace.json"))))
    let events = try #require((object as? [String: Any])?["traceEvents"] as? [[String: Any]])
    for rank in 0..<2 {
      let own = events.filter { $0["pid"] as? Int == rank }
      for phase in ["forward/backward", "exchange", "update", "agreement", "validation"] {
        #expect(
          own.contains { $0["name"] as? String == phase && $0["ph"] as? String == "X" },
          "rank \(rank): \(phase)")
      }
      let begun = own.filter { $0["ph"] as? String == "b" }.count
      #expect(begun > 0 && begun == own.filter { $0["ph"] as? String == "e" }.count)
    }
  }
}
