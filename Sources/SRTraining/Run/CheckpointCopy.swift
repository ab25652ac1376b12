import SRTensor

/// A copy of everything that changes from step to step. A checkpoint is written from it while the run trains.
struct CheckpointCopy: Sendable {
  let weights: ParameterArena
  let firstMoment: ParameterArena
  let secondMoment: ParameterArena
  /// Nil if the run keeps no average of its weights.
  let average: ParameterArena?

  /// Arenas that a run's checkpoint holds.
  static func arenaCount(_ configuration: TrainingConfiguration) -> Int {
    configuration.emaDecay == nil ? 3 : 4
  }

  init(_ run: RunContext) {
    weights = ParameterArena(layout: run.layout)
    firstMoment = ParameterArena(layout: run.layout)
    secondMoment = ParameterArena(layout: run.layout)
    average = run.average.map { ParameterArena(layout: $0.layout) }
  }

  /// Replaces the copy by the run's present state.
  func take(from run: RunContext) {
    weights.buffer.copy(from: run.weights.parameters.buffer)
    firstMoment.buffer.copy(from: run.optimizer.firstMoments.buffer)
    secondMoment.buffer.copy(from: run.optimizer.secondMoments.buffer)
    if let average, let current = run.average { average.buffer.copy(from: current.buffer) }
  }
}
