import Foundation
import SRTestSupport
import Testing

/// The effect of signals on a real run of the built program.
@Suite(.serialized, .enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
struct SignalTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
    "signals-\(UUID().uuidString)")

  /// The arguments of a run that does not end by itself.
  private func arguments(_ run: String, _ extra: [String] = []) -> [String] {
    [
      "train", "--model", "vanilla", "--loss", "mse=1", "--synthetic-train", "96", "--synthetic-valid", "4",
      "--batch-size", "4", "--epochs", "1000000", "--threads", "1", "--samples", "0", "--output", output(run),
    ] + extra
  }

  private func output(_ run: String) -> String { folder.appendingPathComponent(run).path }

  private func metrics(_ run: String) -> [Substring] {
    let text = (try? String(contentsOfFile: "\(output(run))/metrics.jsonl", encoding: .utf8)) ?? ""
    return text.split(separator: "\n")
  }

  /// The hash of the weights after the last step.
  private func finalHash(_ run: String) throws -> String {
    let line = try #require(metrics(run).last { $0.contains("weights_sha256") })
    return try #require(line.split(separator: "\"").last { $0.count == 64 }).description
  }

  @Test func userSignalsCheckpointAndStopAndTheRunGoesOnToTheSameBits() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let job = try RunningProgram(ranks: 3, "srdist", arguments("parts"))
    try job.wait(until: { metrics("parts").count >= 1 })
    job.kill(SIGUSR2)
    try job.wait(until: { !checkpoints("parts").isEmpty })
    let count = metrics("parts").count
    try job.wait(until: { metrics("parts").count > count })
    job.kill(SIGUSR1)
    let stopped = try job.wait()
    #expect(stopped.status == 75, "\(stopped.errors)")
    #expect(checkpoints("parts").count >= 2)
    #expect(stopped.errors.contains("stopped on request after step"))

    // However far the run got, it resumes for three more steps.
    let end = ["--max-steps", "\(metrics("parts").count { $0.contains(#""kind":"step""#) } + 3)"]
    let rest = try ProgramRun(ranks: 2, "srdist", arguments("parts", end))
    try #require(rest.status == 0, "\(rest.errors)")
    #expect(rest.errors.contains("resuming from"))
    let whole = try ProgramRun("srdist", arguments("whole", end))
    try #require(whole.status == 0, "\(whole.errors)")
    #expect(try finalHash("parts") == finalHash("whole"))
  }

  @Test func aStoppedRankIsNamedAndTheJobEndedByTheWatchdog() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let job = try RunningProgram(ranks: 3, "srdist", arguments("stalled", ["--stall-timeout", "10"]))
    try job.wait(until: { metrics("stalled").count >= 2 })
    try job.kill(SIGSTOP, rank: 1)
    let ended = try job.wait()
    #expect(ended.status == 77 || ended.status == 139 && ended.errors.contains("PMIx_server_finalize"))
    #expect(ended.errors.contains("watchdog: rank 1 on "), "\(ended.errors)")
  }

  @Test(arguments: [
    (["--expect-ranks", "3"], "3 ranks were expected"), (["--expect-hosts", "2"], "2 hosts were"),
  ])
  func anotherJobThanTheOneExpectedIsRefused(_ expectation: [String], _ message: String) throws {
    let run = try ProgramRun(ranks: 2, "srdist", arguments("refused", expectation))
    #expect(run.status == 1)
    #expect(run.errors.components(separatedBy: message).count == 2, "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: output("refused")))
  }

  private func checkpoints(_ run: String) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: "\(output(run))/checkpoints")
    return (names ?? []).filter { $0.hasPrefix("step-") }
  }
}
