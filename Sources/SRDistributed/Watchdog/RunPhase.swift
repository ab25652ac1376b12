/// What a rank's main thread is about.
package enum RunPhase: Int, CaseIterable, Sendable {
  case starting
  case forwardBackward
  /// Waiting for the gradients of other ranks.
  case exchange
  case update
  /// Between two steps, where the ranks agree whether to go on.
  case agreement
  case validation
  /// Waiting for the values of other ranks.
  case gathering
  case checkpoint
  /// Done, waiting for the others.
  case ending

  /// As in "rank 2 stopped in ...".
  package var name: String {
    switch self {
    case .forwardBackward: "forward/backward"
    default: "\(self)"
    }
  }

  /// Whether a rank that gets no further in this phase may be the victim of another one.
  var waitsForOthers: Bool {
    switch self {
    case .exchange, .agreement, .gathering, .ending: true
    case .starting, .forwardBackward, .update, .validation, .checkpoint: false
    }
  }

  /// Stall timeouts that the phase may last without a mark of progress: reading or writing a large file on a slow
  /// file system is one call.
  var patience: Double {
    switch self {
    case .starting, .checkpoint: 5
    default: 1
    }
  }
}
