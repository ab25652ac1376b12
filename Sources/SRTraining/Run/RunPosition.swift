import SRCheckpoint

/// Where a run stands between two steps.
struct RunPosition: Sendable {
  /// From 0.
  var epoch = 0
  /// Steps of the epoch that are done.
  var stepInEpoch = 0
  /// Steps of the run that are done.
  var step = 0
  /// Over the part of the epoch that is done.
  var epochSums: ValueSums
  /// Seconds spent in the epoch so far, over all attempts.
  var epochSeconds = 0.0
  /// The best validated epoch so far.
  var best: CheckpointState.Best?

  init(layout: SampleValueLayout) { epochSums = ValueSums(layout: layout) }

  /// Takes up a checkpoint's state.
  init(resuming state: CheckpointState, layout: SampleValueLayout) {
    epoch = state.epoch - 1
    stepInEpoch = state.stepInEpoch
    step = state.step
    best = state.best
    epochSums =
      state.epochSums[Self.valuesKey].flatMap { ValueSums(layout: layout, stored: $0) }
      ?? ValueSums(layout: layout)
    epochSeconds = state.epochSums[Self.secondsKey]?.first ?? 0
  }

  /// For ``CheckpointState/epochSums``.
  var storedSums: [String: [Double]] {
    [Self.valuesKey: epochSums.stored, Self.secondsKey: [epochSeconds]]
  }

  private static let valuesKey = "values"
  private static let secondsKey = "seconds"

  mutating func startEpoch(_ epoch: Int) {
    self.epoch = epoch
    stepInEpoch = 0
    epochSums = ValueSums(layout: epochSums.layout)
    epochSeconds = 0
  }
}
