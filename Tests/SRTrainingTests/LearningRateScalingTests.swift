import SRTraining
import Testing

/// The effect of `--lr-scaling` and other settings on the schedule, computed by hand.
@Suite struct LearningRateScalingTests {
  /// The rate is scaled from the paper's batch of 8.
  @Test(arguments: [
    (TrainingConfiguration.Scaling.none, 32, 0.001), (.linear, 32, 0.004), (.sqrt, 32, 0.002),
    (.linear, 8, 0.001), (.sqrt, 8, 0.001), (.linear, 2, 0.00025), (.sqrt, 2, 0.0005),
  ])
  func scalesWithTheBatch(scaling: TrainingConfiguration.Scaling, batchSize: Int, rate: Double) {
    var configuration = TrainingConfiguration()
    configuration.learningRate = 0.001
    configuration.lrScaling = scaling
    configuration.batchSize = batchSize
    #expect(abs(configuration.scaledLearningRate - rate) <= 1e-15)
  }

  @Test func settingsReachTheSchedule() {
    var configuration = TrainingConfiguration()
    configuration.learningRate = 0.001
    configuration.lrScaling = .sqrt
    configuration.batchSize = 32
    configuration.lrStep = 3
    configuration.lrGamma = 0.1
    configuration.warmupEpochs = 2
    func rate(_ epoch: Int, _ step: Int) -> Double {
      configuration.learningRateSchedule.rate(epoch: epoch, step: step, stepsPerEpoch: 10, epochs: 8)
    }
    // The rate is 0.002 after scaling. The first is that of the fifth of 20 steps of warm-up; after three epochs it is a tenth.
    #expect(abs(rate(0, 4) - 0.0005) <= 1e-15)
    #expect(abs(rate(2, 9) - 0.002) <= 1e-15)
    #expect(abs(rate(3, 0) - 0.0002) <= 1e-15)
    configuration.lrSchedule = .cosine
    configuration.lrFinal = 0.5
    // Half-way, the rate is (1 + 0.5) / 2 of the scaled rate.
    #expect(abs(rate(4, 0) - 0.0015) <= 1e-15)
  }
}
