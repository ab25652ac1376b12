import SRDistributed
import SRFiles

/// Where each rank's time went during the steps.
package struct TraceSummary: Equatable, Sendable, CustomStringConvertible {
  /// One rank's milliseconds per step.
  package struct Rank: Equatable, Sendable {
    /// Forward and backward passes, and the update of the weights.
    package let compute: Double
    /// Communication that the main thread waited for.
    package let exposed: Double
    /// Communication in progress while the main thread computed.
    package let hidden: Double
    /// How much longer the rank computed than the mean of all ranks.
    package let skew: Double
  }

  /// The number of steps that count: all but the first, which opens connections.
  package let steps: Int
  /// By rank.
  package let ranks: [Rank]
  /// Milliseconds per step in which rank 0 computed or waited for others: ``Rank/compute`` plus ``Rank/exposed``. Work between
  /// steps, such as logs, checkpoints and validation, does not count.
  package let stepTime: Double

  /// - Parameters:
  ///   - spans: the spans of each rank, over the same steps.
  ///   - progress: called after each rank.
  package init(_ spans: [[TraceSpan]], progress: () -> Void = {}) {
    let phases = spans.map { $0.filter { $0.lane == .phases && $0.step > 0 } }
    let first = phases.first?.map(\.step).min() ?? 0
    let steps = Set(phases.first?.filter { $0.step > first }.map(\.step) ?? []).count
    self.steps = steps
    func milliseconds(_ rank: Int, _ names: Set<RunPhase>) -> Double {
      let names = Set(names.map(\.name))
      let total = phases[rank].filter { $0.step > first && names.contains($0.name) }.reduce(0) {
        $0 + $1.seconds
      }
      return steps == 0 ? 0 : total * 1000 / Double(steps)
    }
    let compute = spans.indices.map { milliseconds($0, [.forwardBackward, .update]) }
    let mean = compute.isEmpty ? 0 : compute.reduce(0, +) / Double(compute.count)
    ranks = spans.indices.map { rank in
      defer { progress() }
      let exposed = milliseconds(rank, [.exchange, .agreement])
      let working = phases[rank].filter { $0.name == RunPhase.forwardBackward.name && $0.step > first }
      let busy = Self.union(spans[rank].filter { $0.lane == .exchange && $0.step > first })
      let hidden = steps == 0 ? 0 : Self.overlap(busy, working) * 1000 / Double(steps)
      return Rank(compute: compute[rank], exposed: exposed, hidden: hidden, skew: compute[rank] - mean)
    }
    stepTime = (ranks.first?.compute ?? 0) + (ranks.first?.exposed ?? 0)
  }

  /// A table with one line per rank.
  package var description: String {
    let number = TextTable.Column.right(atLeast: 8)
    var table = TextTable([.right, number, number, number, number])
    table.append(["rank", "compute", "exposed", "hidden", "skew"])
    for (index, rank) in ranks.enumerated() {
      table.append(["\(index)"] + [rank.compute, rank.exposed, rank.hidden, rank.skew].map(\.inTenths))
    }
    return """
      per step, in ms, over \(steps) steps:
      \(table)
      exposed: communication that the rank waited for; hidden: communication while the rank computed; \
      skew: how much longer the rank computed than the ranks' mean
      """
  }

  /// The spans by start. Overlapping spans are joined into one.
  private static func union(_ spans: [TraceSpan]) -> [(start: Double, end: Double)] {
    var result: [(start: Double, end: Double)] = []
    for span in spans.sorted(by: { $0.start < $1.start }) {
      if let last = result.last, span.start <= last.end {
        result[result.count - 1].end = max(last.end, span.end)
      } else {
        result.append((span.start, span.end))
      }
    }
    return result
  }

  /// The seconds that both lists cover. The spans of the second list are in order and do not overlap.
  private static func overlap(_ busy: [(start: Double, end: Double)], _ working: [TraceSpan]) -> Double {
    var (total, index) = (0.0, 0)
    for span in busy {
      while index < working.count, working[index].end <= span.start { index += 1 }
      var next = index
      while next < working.count, working[next].start < span.end {
        total += min(span.end, working[next].end) - max(span.start, working[next].start)
        next += 1
      }
    }
    return total
  }
}
