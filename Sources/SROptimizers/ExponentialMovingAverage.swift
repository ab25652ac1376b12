import SRKernels
import SRTensor

/// A moving average of a model's weights. It often generalises better than the weights themselves:
///
///     average += (1 - d) (weights - average),  d = min(decay, (1 + step) / (10 + step))
///
/// The decay rises to its value over the first steps, so that the average soon forgets the initial weights (as TensorFlow's
/// `ExponentialMovingAverage` with `num_updates`). Polyak, Juditsky: "Acceleration of stochastic approximation by
/// averaging" (1992).
package struct ExponentialMovingAverage: Sendable {
  /// The averaged weights. The owner sets the initial ones.
  package let average: ParameterArena
  /// The value that the decay rises to, in 0..<1.
  package let decay: Double
  private let kernels: any KernelSet

  package init(_ average: ParameterArena, decay: Double, kernels: any KernelSet) {
    precondition(decay >= 0 && decay < 1, "a moving average's decay is \(decay), not in 0..<1")
    self.average = average
    self.decay = decay
    self.kernels = kernels
  }

  /// The decay after a step of the run. `step` counts from 1.
  package func decay(afterStep step: Int) -> Double {
    min(decay, Double(1 + step) / Double(10 + step))
  }

  /// Updates one range of the average with the weights after `step`. Several threads may update different ranges, each range
  /// once per step.
  ///
  /// - Precondition: `step` counts from 1, and the range consists of whole cache lines of 16 floats.
  package func update(with weights: ParameterArena, step: Int, range: Range<Int>) {
    precondition(range.isWholeCacheLines, "a moving average takes whole cache lines, not \(range)")
    kernels.exponentialMovingAverage(
      average: average.pointer + range.lowerBound, parameters: weights.pointer + range.lowerBound,
      count: range.count, decay: decay(afterStep: step))
  }
}
