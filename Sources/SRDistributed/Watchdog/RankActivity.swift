import Synchronization

/// What one rank is doing: told by the training loop and its workers, read by the ``Watchdog``.
public final class RankActivity: Sendable {
  private let phase = Atomic(RunPhase.starting.rawValue)
  private let step = Atomic(0)
  private let marks = Atomic(0)

  public init() {}

  /// Says that the main thread begins a phase, of the step given (from 1; unchanged where nil).
  public func enter(_ phase: RunPhase, step: Int? = nil) {
    if let step { self.step.store(step, ordering: .relaxed) }
    self.phase.store(phase.rawValue, ordering: .relaxed)
    mark()
  }

  /// Says that the phase gets on: to be called within phases that may last. From any thread.
  public func mark() { marks.add(1, ordering: .relaxed) }

  struct State: Equatable, Sendable {
    var phase: RunPhase
    var step: Int
    /// Grows with every sign of progress.
    var marks: Int
  }

  var state: State {
    State(
      phase: RunPhase(rawValue: phase.load(ordering: .relaxed)) ?? .starting,
      step: step.load(ordering: .relaxed), marks: marks.load(ordering: .relaxed))
  }
}
