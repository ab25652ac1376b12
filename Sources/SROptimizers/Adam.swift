import SRKernels
import SRTensor

/// The Adam optimizer over flat arenas, in the forms of `torch.optim.Adam` and `torch.optim.AdamW`.
///
/// Kingma, Ba: "Adam: a method for stochastic optimization" (2015); Loshchilov, Hutter: "Decoupled weight decay regularization"
/// (2019).
package final class Adam: Sendable {
  package struct Hyperparameters: Sendable, Equatable {
    package var beta1 = 0.9
    package var beta2 = 0.999
    package var epsilon = 1e-8
    /// Draws the weights towards zero; 0 for no decay.
    package var weightDecay = 0.0
    /// With decay, weights shrink by learningRate * weightDecay before each update, as in AdamW. Otherwise weightDecay times the
    /// weights is added to the gradient, as in Adam.
    package var decouplesDecay = false
    package init() {}
  }

  package let hyperparameters: Hyperparameters
  package let firstMoments: ParameterArena
  package let secondMoments: ParameterArena
  private let kernels: any KernelSet

  package init(
    layout: ParameterLayout, hyperparameters: Hyperparameters = .init(), kernels: any KernelSet
  ) {
    self.hyperparameters = hyperparameters
    self.kernels = kernels
    firstMoments = ParameterArena(layout: layout, inOwnPages: true)
    secondMoments = ParameterArena(layout: layout, inOwnPages: true)
  }

  /// Updates the parameters of one range of the arena. Several threads may update different ranges, each range once per
  /// step. A decay that is not decoupled changes the gradients.
  ///
  /// - Precondition: `step` counts from 1, and the range consists of whole cache lines of 16 floats.
  package func update(
    _ parameters: ParameterArena, gradients: AlignedBuffer, learningRate: Double, step: Int,
    range: Range<Int>
  ) {
    precondition(step >= 1, "Adam's step counts from 1, found \(step)")
    precondition(range.isWholeCacheLines, "Adam updates whole cache lines, not \(range)")
    decay(parameters, gradients, learningRate: learningRate, range: range)
    let firstCorrection = 1 - Elementary.power(hyperparameters.beta1, step)
    let secondCorrection = 1 - Elementary.power(hyperparameters.beta2, step)
    kernels.adam(
      parameters: parameters.pointer + range.lowerBound, gradients: gradients.pointer + range.lowerBound,
      firstMoments: firstMoments.pointer + range.lowerBound,
      secondMoments: secondMoments.pointer + range.lowerBound, count: range.count,
      stepSize: Float(learningRate / firstCorrection), beta1: hyperparameters.beta1,
      beta2: hyperparameters.beta2, epsilon: Float(hyperparameters.epsilon),
      secondCorrectionRoot: Float(secondCorrection.squareRoot()))
  }

  private func decay(
    _ parameters: ParameterArena, _ gradients: AlignedBuffer, learningRate: Double, range: Range<Int>
  ) {
    let (weightDecay, first) = (hyperparameters.weightDecay, range.lowerBound)
    guard weightDecay > 0 else { return }
    if hyperparameters.decouplesDecay {
      kernels.scale(
        parameters.pointer + first, by: Float(1 - learningRate * weightDecay), count: range.count)
    } else {
      kernels.accumulate(
        parameters.pointer + first, scaledBy: Float(weightDecay), into: gradients.pointer + first,
        count: range.count)
    }
  }
}

extension Range<Int> {
  /// Whether floats of these indices fill whole cache lines of 64 bytes. The flat kernels take whole cache lines.
  var isWholeCacheLines: Bool { lowerBound % 16 == 0 && count % 16 == 0 }
}
