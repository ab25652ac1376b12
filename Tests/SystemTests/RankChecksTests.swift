import SRTestSupport
import Testing

/// The checks of srdist-rank-checks, in real MPI jobs of 1, 2, 3 and 4 ranks, and of more ranks than there are samples.
@Suite(.serialized, .enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
struct RankChecksTests {
  static let program = "srdist-rank-checks"

  /// The result that rank 0 prints for a check that passed.
  private func result(_ check: String, ranks: Int?) throws -> String {
    let run = try ProgramRun(ranks: ranks, Self.program, [check])
    try #require(run.status == 0, "\(check) on \(ranks ?? 1) ranks: \(run.errors)")
    let prefix = "\(check) \(ranks ?? 1) ranks: "
    try #require(run.output.hasPrefix(prefix), "\(check) said \(run.output)")
    return run.output.dropFirst(prefix.count).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test(arguments: [
    "collectives", "point-to-point", "steady-state", "sample-values", "exchange-probe", "shared-work",
  ])
  func holdsOnAnyNumberOfRanks(_ check: String) throws {
    for ranks in [nil, 1, 2, 3, 4] { _ = try result(check, ranks: ranks) }
  }

  @Test(arguments: ["tree-exchange", "bfloat16-exchange", "worker-threads"])
  func givesTheSameBitsOnAnyNumberOfRanks(_ check: String) throws {
    let alone = try result(check, ranks: nil)
    for ranks in [1, 2, 3, 4, 6] {
      #expect(try result(check, ranks: ranks) == alone, "\(check) on \(ranks) ranks")
    }
  }

  /// The control: without the tree, the bits depend on the number of ranks.
  @Test func plainAllreduceDependsOnTheNumberOfRanks() throws {
    let alone = try result("allreduce-order", ranks: 1)
    #expect(try result("allreduce-order", ranks: 3) != alone)
  }

  @Test func aFailureThatRanksAgreeOnIsReportedOnce() throws {
    let run = try ProgramRun(ranks: 3, Self.program, ["agreed-failure"])
    #expect(run.status == 1)
    let reports = run.errors.split(separator: "\n").filter {
      $0.contains("no such file: weights.safetensors")
    }
    #expect(reports.count == 1 && reports[0].hasPrefix("error: rank 2 on "), "\(run.errors)")
  }

  @Test func aFailureOfOneRankEndsTheOthersThatWaitForIt() throws {
    let run = try ProgramRun(ranks: 3, Self.program, ["lone-failure"])
    #expect(run.status == 3)
    let reports = run.errors.split(separator: "\n").filter {
      $0.contains("the loss of sample 5 is not finite")
    }
    #expect(reports.count == 1 && reports[0].hasPrefix("error: rank 2 on "), "\(run.errors)")
  }
}
