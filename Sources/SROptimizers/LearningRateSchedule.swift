import SRTensor

/// The learning rate as a function of the training's progress. It keeps no state, so a resumed run cannot lose any.
package struct LearningRateSchedule: Sendable, Equatable {
  /// How the rate decays after the warm-up.
  package enum Decay: Sendable, Equatable {
    /// The rate is multiplied by `gamma` after every `every` units, as `torch.optim.lr_scheduler.StepLR` does.
    case step(every: Int, gamma: Double)
    /// The rate is multiplied by `gamma` at each milestone, as `torch.optim.lr_scheduler.MultiStepLR` does.
    case multistep(milestones: [Int], gamma: Double)
    /// The rate falls to `final` times the initial rate along half a cosine, over all units.
    case cosine(final: Double)
    /// The rate falls to `final` times the initial rate along half a cosine in each period. Each period begins at its weight times
    /// the rate. This is BasicSR's `CosineAnnealingRestartLR`.
    case cosineRestart(periods: [Int], weights: [Double], final: Double)
  }

  /// What a decay counts.
  package enum Unit: Sendable, Equatable {
    case epochs
    /// Steps, of which the whole run has `total`.
    case steps(total: Int)
  }

  package var initial: Double
  package var decay: Decay
  package var unit: Unit
  /// The epochs over which the rate rises linearly from one step's share to the initial rate. It may be a fraction.
  package var warmupEpochs: Double
  /// Steps of such a rise, in addition to the steps of ``warmupEpochs``.
  package var warmupSteps: Int

  package init(
    initial: Double, decay: Decay, unit: Unit = .epochs, warmupEpochs: Double = 0, warmupSteps: Int = 0
  ) {
    self.initial = initial
    self.decay = decay
    self.unit = unit
    self.warmupEpochs = warmupEpochs
    self.warmupSteps = warmupSteps
  }

  /// The rate of one step: initial * warmup * decay, where n = epoch * stepsPerEpoch + step is the number of steps before it.
  ///
  ///     warmup = min(1, (n + 1) / (warmupEpochs * stepsPerEpoch + warmupSteps)), or 1 if there is no warm-up
  ///     step:           decay = gamma ^ floor(u / every)
  ///     multistep:      decay = gamma ^ (number of milestones m with m <= u)
  ///     cosine:         decay = final + (1 - final) (1 + cos(pi t)) / 2,  t = min(1, n / all steps)
  ///     cosine restart: decay = final + weight (1 - final) (1 + cos(pi t)) / 2,  t = min(1, (v - start) / period)
  ///
  /// u counts whole epochs or steps, and v also fractions of epochs. A period is the first one with v <= start + period.
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
    let warmupSteps = warmupEpochs * Double(stepsPerEpoch) + Double(warmupSteps)
    let warmup = warmupSteps > 0 ? min(1, (stepsDone + 1) / warmupSteps) : 1
    let (whole, fraction, allSteps) =
      switch unit {
      case .epochs: (epoch, stepsDone / Double(max(1, stepsPerEpoch)), epochs * stepsPerEpoch)
      case .steps(let total): (epoch * stepsPerEpoch + step, stepsDone, total)
      }
    switch decay {
    case .step(let every, let gamma):
      return initial * warmup * Elementary.power(gamma, whole / max(every, 1))
    case .multistep(let milestones, let gamma):
      return initial * warmup * Elementary.power(gamma, milestones.count { $0 <= whole })
    case .cosine(let final):
      let progress = min(1, stepsDone / Double(max(1, allSteps)))
      return initial * warmup * (final + (1 - final) * (1 + Elementary.cos(.pi * progress)) / 2)
    case .cosineRestart(let periods, let weights, let final):
      let (weight, progress) = Self.position(fraction, periods, weights)
      return initial * warmup * (final + weight * (1 - final) * (1 + Elementary.cos(.pi * progress)) / 2)
    }
  }

  /// The weight of the period in which a run is, and the share of the period that is done.
  private static func position(
    _ done: Double, _ periods: [Int], _ weights: [Double]
  ) -> (weight: Double, progress: Double) {
    var start = 0.0
    for (period, weight) in zip(periods, weights) {
      if done <= start + Double(period) { return (weight, (done - start) / Double(period)) }
      start += Double(period)
    }
    return (weights.last ?? 1, 1)
  }
}
