import SRDistributed
import SRFiles

/// Facts that must be the same on every rank, or the run does not have the bits it promises.
///
/// Ranks of one job may run different files on different hosts, in different environments. Each fact has a name, and a
/// remedy if it differs.
package struct RankFacts: Codable, Equatable, Sendable {
  struct Fact: Codable, Equatable, Sendable {
    let name: String
    let value: String
    let remedy: String
  }

  private(set) var facts: [Fact] = []

  mutating func add(_ name: String, _ value: String, remedy: String) {
    facts.append(Fact(name: name, value: value, remedy: remedy))
  }

  /// Compares the facts of all ranks. If any fact differs, throws the same ``RanksDisagree`` on every rank. Collective.
  package func agree(_ communicator: Communicator) throws {
    // The facts of a thousand ranks are megabytes, for each of the ranks. Their digests are not.
    let hash = SHA256()
    try ReadableJSON.encode(self, .oneLine).withUnsafeBytes(hash.update)
    guard try Set(communicator.allGather(hash.finalize())).count > 1 else { return }
    let all = try communicator.allGather(self).map(\.facts)
    let hosts = try communicator.allGather(communicator.hostName)
    let problems = facts.indices.compactMap { index in
      Self.difference(all.map { $0[index] }, hosts: hosts)
    }
    if !problems.isEmpty { throw RanksDisagree(problems: problems) }
  }

  /// Compares the facts of several ranks, if there are several. Collective.
  ///
  /// - Parameter facts: of this rank; gathering them takes time.
  package static func compare(
    _ communicator: Communicator, _ activity: RankActivity, _ facts: () throws -> RankFacts
  ) throws {
    guard communicator.worldSize > 1 else { return }
    try communicator.together(starting: activity, facts).agree(communicator)
  }

  /// Which rank has which value; nil if all values are the same.
  private static func difference(_ facts: [Fact], hosts: [String]) -> String? {
    let ranks = Dictionary(grouping: facts.indices) { facts[$0].value }
    guard ranks.count > 1 else { return nil }
    let sides = ranks.sorted { ($1.value.count, $0.value[0]) < ($0.value.count, $1.value[0]) }.map {
      value, ranks in
      let onHosts = Set(ranks.map { hosts[$0] }).sorted().joined(separator: ", ")
      let shown = ranks.prefix(8).map(String.init).joined(separator: ", ") + (ranks.count > 8 ? ", ..." : "")
      return "\(value) on rank \(shown) (\(onHosts))"
    }
    return "\(facts[0].name): \(sides.joined(separator: "; ")). \(facts[0].remedy)"
  }
}

/// The ranks of one job would not compute the same run. Every rank throws the same error.
package struct RanksDisagree: CommonFailure, TextOfLines, CustomStringConvertible, Equatable {
  package let problems: [String]

  package var lines: [String] { ["the ranks of this job differ in:"] + problems.map { "  \($0)" } }
  package var description: String { lines.joined(separator: "\n") }
}
