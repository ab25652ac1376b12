import SROptimizers
import Testing

/// Rates computed by hand.
@Suite struct LearningRateScheduleTests {
  /// A run of 4 epochs of 5 steps.
  private func expect(
    _ schedule: LearningRateSchedule, _ rates: [(epoch: Int, step: Int, rate: Double)]
  ) {
    for (epoch, step, rate) in rates {
      let found = schedule.rate(epoch: epoch, step: step, stepsPerEpoch: 5, epochs: 4)
      #expect(abs(found - rate) <= 1e-12 * rate, "epoch \(epoch), step \(step): \(found), not \(rate)")
    }
  }

  /// The rate is halved after every second epoch, from the next epoch's first step on.
  @Test func stepsDown() {
    expect(
      LearningRateSchedule(initial: 0.8, decay: .step(every: 2, gamma: 0.5)),
      [(0, 0, 0.8), (0, 4, 0.8), (1, 4, 0.8), (2, 0, 0.4), (3, 4, 0.4), (4, 0, 0.2), (10, 3, 0.025)])
  }

  /// The rate starts at the initial rate. In the middle it is (1 + final) / 2 of the initial rate. At the last step it is above
  /// the final rate by (1 + cos(19 pi / 20)) / 2 of the way. cos(19 pi / 20) is -0.987688340595137727.
  @Test func followsACosine() {
    let lastCosine = -0.987_688_340_595_137_727
    expect(
      LearningRateSchedule(initial: 2, decay: .cosine(final: 0.1)),
      [
        (0, 0, 2), (1, 0, 2 * (0.1 + 0.9 * (1 + 0.5.squareRoot()) / 2)), (2, 0, 1.1),
        (3, 4, 2 * (0.1 + 0.9 * (1 + lastCosine) / 2)), (4, 0, 0.2), (5, 0, 0.2),
      ])
  }

  /// Milestones are whole epochs. The first period of two epochs ends with epoch 2's first step, where BasicSR's rate is the
  /// lowest; a step later, the second period has done a fifth of an epoch. After the last period, the rate stays low.
  @Test func milestonesAndPeriodsOfEpochs() {
    expect(
      LearningRateSchedule(initial: 0.8, decay: .multistep(milestones: [1, 3], gamma: 0.5)),
      [(0, 4, 0.8), (1, 0, 0.4), (2, 4, 0.4), (3, 0, 0.2), (9, 0, 0.2)])
    let half = 0.5 * (1 + 0.5.squareRoot()) / 2
    expect(
      LearningRateSchedule(
        initial: 1, decay: .cosineRestart(periods: [2, 4], weights: [1, 0.5], final: 0.1)),
      [
        (0, 0, 1), (1, 0, 0.55), (2, 0, 0.1), (3, 0, 0.1 + 0.9 * half), (4, 0, 0.1 + 0.225), (6, 0, 0.1),
        (9, 0, 0.1),
      ])
  }

  /// Warm-up in steps, and a cosine that ends with the run's steps rather than with its epochs.
  @Test func countsSteps() {
    expect(
      LearningRateSchedule(
        initial: 1, decay: .cosine(final: 0), unit: .steps(total: 12), warmupSteps: 4),
      [(0, 0, 0.25), (0, 1, 0.5 * (1 + 0.965_925_826_289_068_3) / 2), (1, 1, 0.5), (2, 3, 0)])
    expect(
      LearningRateSchedule(initial: 1, decay: .step(every: 7, gamma: 0.5), unit: .steps(total: 100)),
      [(1, 1, 1), (1, 2, 0.5), (2, 3, 0.5), (2, 4, 0.25)])
  }

  /// One and a half epochs are 7.5 steps. The first step has 1 / 7.5 of the rate, and the eighth has all of it.
  @Test func warmsUp() {
    let decay = LearningRateSchedule.Decay.step(every: 1, gamma: 0.5)
    expect(
      LearningRateSchedule(initial: 3, decay: decay, warmupEpochs: 1.5),
      [(0, 0, 0.4), (0, 4, 2), (1, 0, 1.2), (1, 1, 1.4), (1, 2, 1.5), (1, 4, 1.5), (2, 0, 0.75)])
    // Warm-up and decay act together. At the second epoch's first step, 6 of the 10 steps of warm-up are reached, and a quarter
    // of the cosine's way is done.
    expect(
      LearningRateSchedule(initial: 1, decay: .cosine(final: 0), warmupEpochs: 2),
      [(0, 0, 0.1), (1, 0, 0.6 * (1 + 0.5.squareRoot()) / 2), (2, 0, 0.5)])
  }
}
