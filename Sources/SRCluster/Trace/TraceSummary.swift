import SRDistributed

/// Where the time of the steps went, by rank.
package struct TraceSummary: Equatable, Sendable, CustomStringConvertible {
  /// One rank's milliseconds a step.
  package struct Rank: Equatable, Sendable {
    /// Forward and backward passes, and the update of the weights.
    package let compute: Double
    /// Communication that the main thread waited for.
    package let exposed: Double
    /// Communication under way while it computed.
    package let hidden: Double
    /// How much longer than the ranks' mean it computed.
    package let skew: Double
  }

  /// Steps that count: all but the first, which opens connections.
  package let steps: Int
  /// By rank.
  package let ranks: [Rank]
  /// Milliseconds a step that rank 0 computed and waited for others, ``Rank/compute`` and ``Rank/exposed`` together. What
  /// lies between steps, such as logs, checkpoints and validation, is not in it.
  package let stepTime: Double

  /// - Parameter spans: of each rank, over the same steps.
  package init(_ spans: [[TraceSpan]]) {
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
      let exposed = milliseconds(rank, [.exchange, .agreement])
      let working = phases[rank].filter { $0.name == RunPhase.forwardBackward.name && $0.step > first }
      let busy = Self.union(spans[rank].filter { $0.lane == .exchange && $0.step > first })
      let hidden = steps == 0 ? 0 : Self.overlap(busy, working) * 1000 / Double(steps)
      return Rank(compute: compute[rank], exposed: exposed, hidden: hidden, skew: compute[rank] - mean)
    }
    stepTime = (ranks.first?.compute ?? 0) + (ranks.first?.exposed ?? 0)
  }

  /// A table, a line a rank.
  package var description: String {
    var lines = ["per step, in ms, over \(steps) steps:"]
    lines.append("rank    compute   exposed    hidden      skew")
    for (index, rank) in ranks.enumerated() {
      let columns = [rank.compute, rank.exposed, rank.hidden, rank.skew].map { padded(rounded($0), 10) }
      lines.append(padded("\(index)", 4) + columns.joined())
    }
    lines.append(
      "exposed: communication that the rank waited for; hidden: under way while it computed; "
        + "skew: how much longer than the mean it computed")
    return lines.joined(separator: "\n")
  }

  private func rounded(_ value: Double) -> String {
    let tenths = Int((abs(value) * 10).rounded())
    return "\(value < 0 && tenths > 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
  }
  private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  /// Spans that overlap joined to one, by start.
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

  /// Seconds that both lists cover; the second one's spans do not overlap and are in order.
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
