import Synchronization

/// What a rank's main thread is doing.
package enum RunPhase: Int, CaseIterable, Sendable {
  case starting
  case forwardBackward
  /// Waiting for the gradients of other ranks.
  case exchange
  case update
  /// Between two steps: the ranks agree whether to continue.
  case agreement
  case validation
  /// Waiting for the values of other ranks.
  case gathering
  case checkpoint
  /// Done, waiting for the others.
  case ending
  /// Enlarging pictures.
  case upscaling
  /// Waiting for the shares of other ranks of the host.
  case sharing

  /// As in "rank 2 stopped in ...".
  package var name: String {
    switch self {
    case .forwardBackward: "forward/backward"
    default: "\(self)"
    }
  }

  /// Whether a rank that is stuck in this phase may be waiting for another rank.
  var waitsForOthers: Bool {
    switch self {
    case .exchange, .agreement, .gathering, .ending, .sharing: true
    case .starting, .forwardBackward, .update, .validation, .checkpoint, .upscaling: false
    }
  }

  /// How many stall timeouts the phase may last without a mark of progress. Reading or writing a large file on a slow file
  /// system is a single call.
  var patience: Double {
    switch self {
    case .starting, .checkpoint: 5
    default: 1
    }
  }
}

/// What one rank is doing. The training loop and its workers report it, the ``Watchdog`` reads it, and a ``TraceRecorder``
/// records it.
package final class RankActivity: Sendable {
  private let phase = Atomic(RunPhase.starting.rawValue)
  private let step = Atomic(0)
  private let marks = Atomic(0)
  private let looks = Atomic(0)
  /// The recorder, and when the main thread entered the phase.
  private let recording = Mutex<(trace: TraceRecorder, entered: Double)?>(nil)

  package init() {}

  /// Records the phases from now on.
  package func record(to trace: TraceRecorder) { recording.withLock { $0 = (trace, trace.now) } }

  package var trace: TraceRecorder? { recording.withLock { $0?.trace } }

  /// Says that the main thread begins a phase.
  ///
  /// - Parameter step: the step that the phase belongs to, from 1; nil if it is the same as before.
  package func enter(_ phase: RunPhase, step: Int? = nil) {
    recordPhase(next: step)
    if let step { self.step.store(step, ordering: .relaxed) }
    self.phase.store(phase.rawValue, ordering: .relaxed)
    mark()
  }

  /// Says that the phase makes progress. Call it within phases that may take long, from any thread.
  package func mark() { marks.add(1, ordering: .relaxed) }

  /// Records the phase that ends.
  private func recordPhase(next step: Int?) {
    recording.withLock { recording in
      guard let (trace, entered) = recording else { return }
      let state = state
      trace.record(state.phase.name, .phases, from: entered, step: state.step)
      recording = (trace, trace.now)
      if let step { trace.begin(step: step) }
    }
  }

  /// Says that the ``Watchdog`` watches, and will judge the rank.
  func look() { looks.add(1, ordering: .relaxed) }

  /// Grows with every sign of progress and with every look of the watchdog.
  var signs: Int { marks.load(ordering: .relaxed) &+ looks.load(ordering: .relaxed) }

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
