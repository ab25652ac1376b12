import SRDistributed

/// What has to be the same on every rank for a run to have the bits it promises, by name.
///
/// Ranks of one job may be different files on different hosts, under different environments. Each fact comes with
/// what to do where it differs.
struct RankFacts: Codable, Equatable, Sendable {
  struct Fact: Codable, Equatable, Sendable {
    let name: String
    let value: String
    let remedy: String
  }

  private(set) var facts: [Fact] = []

  mutating func add(_ name: String, _ value: String, remedy: String) {
    facts.append(Fact(name: name, value: value, remedy: remedy))
  }

  /// Compares every rank's facts and throws the same ``RanksDisagree`` on all of them where any differs. Collective.
  func agree(_ communicator: Communicator) throws {
    let all = try communicator.allGather(self).map(\.facts)
    let hosts = try communicator.allGather(communicator.hostName)
    let problems = facts.indices.compactMap { index in
      Self.difference(all.map { $0[index] }, hosts: hosts)
    }
    if !problems.isEmpty { throw RanksDisagree(problems: problems) }
  }

  /// Nil where all values are the same, else who has which.
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

/// Ranks of one job that would not compute the same run; thrown alike on all of them.
package struct RanksDisagree: CommonFailure, CustomStringConvertible, Equatable {
  package let problems: [String]

  package var description: String {
    "the ranks of this job differ in:\n" + problems.map { "  \($0)" }.joined(separator: "\n")
  }
}
