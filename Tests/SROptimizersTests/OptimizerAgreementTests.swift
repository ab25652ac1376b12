import Foundation
import SRKernelDispatch
import SROptimizers
import SRTensor
import Testing

/// The optimizers and schedules against PyTorch's; see `scripts/make-optimizer-fixtures`.
@Suite struct OptimizerAgreementTests {
  struct Fixture: Decodable {
    let runs: [Run]
    let schedules: [Rates]
  }

  /// Ten steps in float64, at a rate of 0.01 that is halved after steps 3 and 7.
  struct Run: Decodable, CustomTestStringConvertible {
    let optimizer: String
    let betas: [Double]
    let epsilon: Double
    let weightDecay: Double
    let clip: Double?
    /// Of the gradients before they are clipped.
    let norms: [Double]
    let weights: [[Double]]

    var testDescription: String { "\(optimizer), decay \(weightDecay), clip \(clip ?? 0)" }
  }

  /// The rates of twenty steps.
  struct Rates: Decodable, CustomTestStringConvertible {
    let schedule: String
    let rates: [Double]

    var testDescription: String { schedule }
  }

  static let fixture: Fixture = {
    guard let url = Bundle.module.url(forResource: "Fixtures/optimizers", withExtension: "json"),
      let data = try? Data(contentsOf: url), let fixture = try? JSONDecoder().decode(Fixture.self, from: data)
    else { fatalError("Tests/SROptimizersTests/Fixtures/optimizers.json cannot be read") }
    return fixture
  }()

  private static func layout(_ run: Run) -> ParameterLayout {
    var layout = ParameterLayout()
    for (tensor, weights) in run.weights.enumerated() {
      _ = layout.append("tensor\(tensor)", shape: [weights.count])
    }
    return layout
  }

  private static func fill(_ arena: ParameterArena, _ formula: (_ tensor: Int, _ index: Int) -> Float) {
    for (tensor, entry) in arena.layout.entries.enumerated() {
      arena.setTensor(entry, to: (0..<entry.count).map { formula(tensor, $0) })
    }
  }

  @Test(arguments: fixture.runs, CPULevel.supported())
  func tenSteps(_ run: Run, _ level: CPULevel) throws {
    var hyperparameters = Adam.Hyperparameters()
    (hyperparameters.beta1, hyperparameters.beta2) = (run.betas[0], run.betas[1])
    hyperparameters.epsilon = run.epsilon
    hyperparameters.weightDecay = run.weightDecay
    hyperparameters.decouplesDecay = run.optimizer == "AdamW"
    let adam = Adam(layout: Self.layout(run), hyperparameters: hyperparameters, kernels: level.kernels)
    let schedule = LearningRateSchedule(
      initial: 0.01, decay: .multistep(milestones: [3, 7], gamma: 0.5), unit: .steps(total: 10))
    let clipping = run.clip.map { GradientClipping(limit: $0, kernels: level.kernels) }
    let (weights, gradients) = (
      ParameterArena(layout: adam.firstMoments.layout), ParameterArena(layout: adam.firstMoments.layout)
    )
    let all = 0..<weights.count
    Self.fill(weights) { tensor, index -> Float in
      let value = (37 * index + 11 * tensor) % 64 - 32
      return Float(value) / 32
    }
    for step in 1...10 {
      Self.fill(gradients) { tensor, index -> Float in
        let value = (31 * index + 17 * step + 7 * tensor) % 61 - 30
        return Float(value) / Float(16 * step)
      }
      if let clipping {
        let sum = clipping.sumOfSquares(block: 0, of: gradients)
        #expect(abs(sum.squareRoot() - run.norms[step - 1]) <= 1e-6 * run.norms[step - 1])
        let factor = clipping.factor([sum])
        #expect((factor != nil) == (run.norms[step - 1] > clipping.limit))
        if let factor { clipping.scale(gradients, by: factor, range: all) }
      }
      adam.update(
        weights, gradients: gradients.buffer,
        learningRate: schedule.rate(epoch: 0, step: step - 1, stepsPerEpoch: 100, epochs: 1), step: step,
        range: all)
    }
    for (entry, expected) in zip(weights.layout.entries, run.weights) {
      for (found, wanted) in zip(weights.tensor(entry), expected) {
        #expect(abs(Double(found) - wanted) <= 2e-6, "\(entry.name): \(found), PyTorch \(wanted)")
      }
    }
  }

  /// Epochs of five steps: what counts steps takes no notice of them.
  @Test(arguments: fixture.schedules)
  func theRatesOfTwentySteps(_ expected: Rates) throws {
    let decay: LearningRateSchedule.Decay =
      switch expected.schedule {
      case "step": .step(every: 4, gamma: 0.5)
      case "multistep": .multistep(milestones: [3, 7, 12], gamma: 0.1)
      case "cosine": .cosine(final: 0.1)
      case "cosine-restart":
        .cosineRestart(periods: [6, 6, 8], weights: [1, 0.5, 0.25], final: 0.01)
      default: try #require(nil)
      }
    let schedule = LearningRateSchedule(initial: 0.01, decay: decay, unit: .steps(total: 20))
    for (n, wanted) in expected.rates.enumerated() {
      let found = schedule.rate(epoch: n / 5, step: n % 5, stepsPerEpoch: 5, epochs: 1)
      #expect(abs(found - wanted) <= 1e-12, "step \(n): \(found), PyTorch \(wanted)")
    }
  }
}
