import Synchronization

/// A span of time in which a rank did something.
package struct TraceSpan: Codable, Equatable, Sendable {
  package enum Lane: Int, Codable, Sendable {
    /// The phases of the main thread, one after the other.
    case phases
    /// Collectives of the gradient exchange. Several may be in progress at a time.
    case exchange
  }

  package let name: String
  package let lane: Lane
  /// Of the whole run, from 1.
  package let step: Int
  /// Seconds since the ranks' common start.
  package let start: Double
  package let end: Double

  package init(name: String, lane: Lane, step: Int, start: Double, end: Double) {
    self.name = name
    self.lane = lane
    self.step = step
    self.start = start
    self.end = end
  }

  package var seconds: Double { end - start }
}

/// Records what one rank does and when. Thread-safe.
package final class TraceRecorder: Sendable {
  /// The number of spans that are kept. Later ones are only counted.
  private static let limit = 400_000

  private struct State {
    var spans: [TraceSpan] = []
    var dropped = 0
    var step = 0
  }

  private let origin: ContinuousClock.Instant
  private let state = Mutex(State())

  /// Collective: after a barrier all ranks set their clocks to zero.
  package init(_ communicator: Communicator) throws(MPIError) {
    try communicator.barrier()
    origin = .now
  }

  /// Seconds since the start.
  var now: Double { origin.duration(to: .now) / .seconds(1) }

  /// Says to which step collectives belong from now on.
  func begin(step: Int) { state.withLock { $0.step = step } }

  func record(_ name: String, _ lane: TraceSpan.Lane, from start: Double, step: Int? = nil) {
    let end = now
    state.withLock { state in
      guard state.spans.count < Self.limit else {
        state.dropped += 1
        return
      }
      state.spans.append(
        TraceSpan(name: name, lane: lane, step: step ?? state.step, start: start, end: end))
    }
  }

  /// The recorded spans, in the order in which they ended, and how many there was no room for.
  package var recorded: (spans: [TraceSpan], dropped: Int) { state.withLock { ($0.spans, $0.dropped) } }
}
