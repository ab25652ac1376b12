import Foundation

/// The learning rate as a function of where training stands; it keeps no state, so a resumed run cannot forget it.
package struct LearningRateSchedule: Sendable, Equatable {
  /// How the rate decays after the warm-up.
  package enum Decay: Sendable, Equatable {
    /// Multiplied by `gamma` after each `epochs` epochs, as `torch.optim.lr_scheduler.StepLR`.
    case step(epochs: Int, gamma: Double)
    /// Down to `final` times the initial rate along half a cosine, over all epochs.
    case cosine(final: Double)
  }

  package var initial: Double
  package var decay: Decay
  /// Epochs during which the rate rises linearly from one step's share to the initial rate; may be a fraction.
  package var warmupEpochs: Double

  package init(initial: Double, decay: Decay, warmupEpochs: Double = 0) {
    self.initial = initial
    self.decay = decay
    self.warmupEpochs = warmupEpochs
  }

  /// The rate of one step, initial * warmup * decay, with n = epoch * stepsPerEpoch + step steps done before it:
  ///
  ///     warmup = min(1, (n + 1) / (warmupEpochs * stepsPerEpoch)), or 1 where there is no warm-up
  ///     step:    decay = gamma ^ floor(epoch / decayEpochs)
  ///     cosine:  decay = final + (1 - final) (1 + cos(pi t)) / 2,  t = min(1, n / (epochs * stepsPerEpoch))
  ///
  /// Loshchilov, Hutter: "SGDR: stochastic gradient descent with warm restarts" (2017), for the cosine; Goyal et al.:
  /// "Accurate, large minibatch SGD" (2017), for the warm-up.
  ///
  /// - Parameters:
  ///   - epoch: from 0.
  ///   - step: in the epoch, from 0.
  ///   - stepsPerEpoch: at least 1.
  ///   - epochs: of the whole run.
  package func rate(epoch: Int, step: Int, stepsPerEpoch: Int, epochs: Int) -> Double {
    let stepsDone = Double(epoch * stepsPerEpoch + step)
    let warmupSteps = warmupEpochs * Double(stepsPerEpoch)
    let warmup = warmupSteps > 0 ? min(1, (stepsDone + 1) / warmupSteps) : 1
    switch decay {
    case .step(let epochs, let gamma):
      return initial * warmup * pow(gamma, Double(epoch / max(epochs, 1)))
    case .cosine(let final):
      let progress = min(1, stepsDone / Double(max(1, epochs * stepsPerEpoch)))
      return initial * warmup * (final + (1 - final) * (1 + cos(.pi * progress)) / 2)
    }
  }
}
