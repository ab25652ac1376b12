import Synchronization

/// What one rank is doing: told by the training loop and its workers, read by the ``Watchdog`` and written down by a
/// ``TraceRecorder``.
package final class RankActivity: Sendable {
  private let phase = Atomic(RunPhase.starting.rawValue)
  private let step = Atomic(0)
  private let marks = Atomic(0)
  package let trace: TraceRecorder?
  /// When the main thread entered the phase; it alone changes it.
  private let entered: Mutex<Double>

  package init(trace: TraceRecorder? = nil) {
    self.trace = trace
    entered = Mutex(trace?.now ?? 0)
  }

  /// Says that the main thread begins a phase, of the step given (from 1; unchanged where nil).
  package func enter(_ phase: RunPhase, step: Int? = nil) {
    recordPhase(next: step)
    if let step { self.step.store(step, ordering: .relaxed) }
    self.phase.store(phase.rawValue, ordering: .relaxed)
    mark()
  }

  /// Says that the phase gets on: to be called within phases that may last. From any thread.
  package func mark() { marks.add(1, ordering: .relaxed) }

  /// Writes down the phase that ends.
  private func recordPhase(next step: Int?) {
    guard let trace else { return }
    let state = state
    entered.withLock { start in
      trace.record(state.phase.name, .phases, from: start, step: state.step)
      start = trace.now
    }
    if let step { trace.begin(step: step) }
  }

  package struct State: Equatable, Sendable {
    package var phase: RunPhase
    package var step: Int
    /// Grows with every sign of progress.
    package var marks: Int
  }

  package var state: State {
    State(
      phase: RunPhase(rawValue: phase.load(ordering: .relaxed)) ?? .starting,
      step: step.load(ordering: .relaxed), marks: marks.load(ordering: .relaxed))
  }
}
