import Foundation
import SRTestSupport
import Testing

/// The trace of a real run.
@Suite struct TraceTests {
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
      // A rank that has finished a part of its start waits for the others. The rank is not to blame for that time.
      let phases = own.filter { $0["ph"] as? String == "X" }.compactMap { $0["name"] as? String }
      let start = phases.prefix { $0 != "validation" }.dropFirst()
      #expect(start.count { $0 == "starting" } >= 5, "rank \(rank): \(start)")
      #expect(
        zip(start, start.dropFirst()).allSatisfy { $0 != $1 && ($0 == "gathering" || $1 == "gathering") },
        "rank \(rank): \(start)")
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
