/// Where a run stands after a step, as a person wants to see it.
package struct TrainingProgress: Equatable, Sendable {
  /// From 1.
  package var epoch: Int
  package var epochs: Int
  /// Steps of the epoch that are done.
  package var stepInEpoch: Int
  package var stepsPerEpoch: Int
  package var loss: Double
  package var imagesPerSecond: Double

  package init(
    epoch: Int, epochs: Int, stepInEpoch: Int, stepsPerEpoch: Int, loss: Double, imagesPerSecond: Double
  ) {
    self.epoch = epoch
    self.epochs = epochs
    self.stepInEpoch = stepInEpoch
    self.stepsPerEpoch = stepsPerEpoch
    self.loss = loss
    self.imagesPerSecond = imagesPerSecond
  }

  /// Steps of all epochs that are done, and that there are.
  var done: Int { (epoch - 1) * stepsPerEpoch + stepInEpoch }
  var total: Int { epochs * stepsPerEpoch }

  /// One line of text; `remaining` is the time that is left, where it can be told.
  package func text(remaining: Duration?) -> String {
    let parts = [
      "epoch \(epoch)/\(epochs)", "step \(stepInEpoch)/\(stepsPerEpoch)", "loss \(loss.significant(5))",
      "\(imagesPerSecond.significant(3)) images/s", remaining.map { "\(Self.clock($0)) left" },
    ]
    return parts.compactMap { $0 }.joined(separator: "  ")
  }

  /// Hours, minutes and seconds as `1:02:03` or `2:03`.
  static func clock(_ duration: Duration) -> String {
    let seconds = max(0, Int(duration.components.seconds))
    let padded = { (value: Int) in value < 10 ? "0\(value)" : "\(value)" }
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    return (hours > 0 ? "\(hours):\(padded(minutes))" : "\(minutes)") + ":\(padded(seconds % 60))"
  }
}
