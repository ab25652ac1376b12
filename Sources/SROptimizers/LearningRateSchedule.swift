import SRTensor

/// The learning rate as a function of the training's progress. It keeps no state, so a resumed run cannot lose any.
package struct LearningRateSchedule: Sendable, Equatable {
  /// How the rate decays after the warm-up.
  package enum Decay: Sendable, Equatable {
    /// The rate is multiplied by `gamma` every `epochs` epochs, as `torch.optim.lr_scheduler.StepLR` does.
    case step(epochs: Int, gamma: Double)
    /// The rate falls to `final` times the initial rate along half a cosine, over all epochs.
    case cosine(final: Double)
  }

  package var initial: Double
  package var decay: Decay
  /// The epochs over which the rate rises linearly from one step's share to the initial rate. It may be a fraction.
  package var warmupEpochs: Double

  package init(initial: Double, decay: Decay, warmupEpochs: Double = 0) {
    self.initial = initial
    self.decay = decay
    self.warmupEpochs = warmupEpochs
  }

  /// The rate of one step: initial * warmup * decay, where n = epoch * stepsPerEpoch + step is the number of steps before it.
  ///
  ///     warmup = min(1, (n + 1) / (warmupEpochs * stepsPerEpoch)), or 1 if there is no warm-up
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
      return initial * warmup * Elementary.power(gamma, epoch / max(epochs, 1))
    case .cosine(let final):
      let progress = min(1, stepsDone / Double(max(1, epochs * stepsPerEpoch)))
      return initial * warmup * (final + (1 - final) * (1 + Elementary.cos(.pi * progress)) / 2)
    }
  }
}
