import SRCheckpoint

/// The position of a run between two steps.
struct RunPosition: Sendable {
  /// From 0.
  var epoch = 0
  /// Completed steps of the epoch.
  var stepInEpoch = 0
  /// Completed steps of the run.
  var step = 0
  /// Sums over the completed steps of the epoch.
  var epochSums: ValueSums
  /// Seconds spent in the epoch so far. If the run was interrupted, all its attempts count.
  var epochSeconds = 0.0
  /// The best validation so far.
  var best: CheckpointState.Best?
  /// The last step after which the run validated within an epoch; nil if it never did.
  var validatedStep: Int?
  /// Decides which validation is the best; nil if there is nothing to validate on.
  var judge: BestMetric?

  init(layout: SampleValueLayout, judge: BestMetric?) {
    epochSums = ValueSums(layout: layout)
    self.judge = judge
  }

  /// The position that a checkpoint's state describes.
  init(resuming state: CheckpointState, layout: SampleValueLayout) {
    epoch = state.epoch - 1
    stepInEpoch = state.stepInEpoch
    step = state.step
    best = state.best
    validatedStep = state.validatedStep
    judge = state.bestMetric.flatMap { BestMetric($0) }
    epochSums =
      state.epochSums[Self.valuesKey].flatMap { ValueSums(layout: layout, stored: $0) }
      ?? ValueSums(layout: layout)
    epochSeconds = state.epochSums[Self.secondsKey]?.first ?? 0
  }

  /// The sums in the form of ``CheckpointState/epochSums``.
  var storedSums: [String: [Double]] {
    [Self.valuesKey: epochSums.stored, Self.secondsKey: [epochSeconds]]
  }

  /// What makes no sense in stored sums; nil if nothing does.
  ///
  /// - Parameter samples: the images of the epoch's completed steps. A run whose metrics changed has sums over fewer images.
  static func problem(ofSums sums: [String: [Double]], samples: Int) -> String? {
    if let values = sums[valuesKey] {
      guard let count = values.first, count >= 0, count <= Double(samples), count == count.rounded() else {
        return
          "epoch_sums.\(valuesKey) begins with \(values.first.map { "\($0)" } ?? "nothing"), expected a number of "
          + "images from 0 to \(samples)"
      }
      if let loss = values.dropFirst().first, !loss.isFinite {
        return "epoch_sums.\(valuesKey) has the loss \(loss), expected a finite number"
      }
    }
    if let seconds = sums[secondsKey]?.first, !(seconds.isFinite && seconds >= 0) {
      return "epoch_sums.\(secondsKey) is \(seconds), expected a finite number of at least 0"
    }
    return nil
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
