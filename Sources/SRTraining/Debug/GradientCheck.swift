import Foundation
import SRDistributed
import SRKernels
import SRTensor

/// Compares gradients of the real model with finite differences of its loss, for a random sample of parameters.
///
/// Single weights move the loss by less than float32 resolves. So the check moves each tensor along its gradient, a random half
/// of its elements at a time. The slope of the loss in that direction must equal the gradient's length over these elements.
/// An error in the gradient that is orthogonal to one half is not orthogonal to another.
package struct GradientCheck: Sendable {
  package struct Row: Sendable {
    package let parameter: String
    /// Length of the gradient over the moved elements.
    package let gradient: Double
    /// Slope of the loss, by the four-point formula.
    package let finiteDifference: Double

    package var relativeError: Double {
      abs(gradient - finiteDifference) / max(abs(gradient), abs(finiteDifference), .leastNormalMagnitude)
    }
    /// Float32's rounding and the kinks of PReLU and of the edge loss leave about a percent.
    package var isGood: Bool { relativeError <= GradientCheck.tolerance }
  }

  package static let tolerance = 0.05
  /// Slopes below this share of the loss drown in rounding.
  private static let smallestSlope = 1e-4

  private let run: RunContext
  private let weights: StepWeights
  private let worker: SampleWorker
  /// The same weights, and passes without a gradient.
  private let movedWeights: StepWeights
  private let validator: ValidationWorker
  private let sample: SampleIdentity

  /// Checks the gradients of one sample of the first epoch. If the run's weights come from a file, the check uses them. Otherwise it uses
  /// random weights, because most gradients of an interpolation's weights are zero.
  init(_ run: RunContext, sample: Int) {
    self.run = run
    let parameters = ParameterArena(layout: run.layout)
    if run.configuration.initWeights == nil {
      run.network.initialize(parameters, as: .pytorch, seed: run.configuration.seed)
    } else {
      parameters.buffer.copy(from: run.weights.parameters.buffer)
    }
    weights = StepWeights(plan: run.plan, parameters: parameters)
    worker = run.workers[0]
    movedWeights = StepWeights(plan: run.inferencePlan, parameters: parameters, within: weights)
    validator = ValidationWorker(plan: run.inferencePlan, within: worker)
    self.sample = run.samples.identity(index: sample, epoch: 0)
  }

  /// Checks the first tensor, the last tensor, and `count` tensors drawn with `seed`.
  func rows(count: Int, seed: UInt64) throws -> [Row] {
    try weights.prepare(forBackward: true, on: run.pool, run.activity)
    let leaf = ParameterArena(layout: run.layout)
    let values = valueRow()
    let wholeArena = GradientBuckets(arenaCount: leaf.layout.arenaCount, cuts: [])
    var slots = [
      TrainingSlot(
        sample: 0, identity: sample, gradients: leaf.pointer, values: values.row(0),
        progress: BucketProgress(wholeArena))
    ]
    worker.train(&slots, from: run.samples, weights: weights, metrics: [], observer: nil) { _, _ in }
    let loss = values.row(0)[0]

    var generator = PhiloxGenerator(seed: seed, stream: 0x6465_6267)
    let entries = run.layout.entries
    var chosen = Array(generator.permutation(of: entries.count).prefix(count))
    chosen += [0, entries.count - 1].filter { !chosen.contains($0) }
    return try chosen.sorted().compactMap { index in
      try row(entries[index], leaf: leaf, loss: loss, generator: &generator)
    }
  }

  /// Nil for a tensor whose slope cannot be distinguished from rounding.
  private func row(
    _ entry: ParameterLayout.Entry, leaf: ParameterArena, loss: Double, generator: inout PhiloxGenerator
  ) throws -> Row? {
    let gradient = leaf.pointer(to: entry)
    let moved = (0..<entry.count).filter { _ in entry.count == 1 || generator.nextUInt32() & 1 == 0 }
    let length = moved.reduce(0.0) { $0 + Double(gradient[$1]) * Double(gradient[$1]) }.squareRoot()
    let elements = weights.parameters.pointer(to: entry)
    let original = (0..<entry.count).map { elements[$0] }
    let size = original.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    // The step is small against the weights, and changes the loss little: near a good start, Charbonnier's terms bend within
    // their own size.
    let step = min(0.01 * max(size, 0.01), 0.01 * loss / max(length, .leastNormalMagnitude))
    guard length * step > Self.smallestSlope * loss else { return nil }
    func lossMoved(by distance: Double) throws -> Double {
      for index in moved {
        elements[index] = original[index] + Float(distance * Double(gradient[index]) / length)
      }
      defer { for index in moved { elements[index] = original[index] } }
      try movedWeights.prepare(forBackward: false, on: run.pool, run.activity)
      let values = valueRow()
      validator.validate(
        [sample], load: { run.samples.load($0, lowRes: $1, highRes: $2) }, weights: movedWeights, metrics: []
      ) { _ in values.row(0) }
      return values.row(0)[0]
    }
    let slope =
      try
      (8 * (lossMoved(by: step) - lossMoved(by: -step)) - (lossMoved(by: 2 * step) - lossMoved(by: -2 * step)))
      / (12 * step)
    return Row(parameter: entry.name, gradient: length, finiteDifference: slope)
  }

  private func valueRow() -> SharedRows {
    SharedRows(rows: 1, fields: SampleValueLayout(terms: run.loss.names, metrics: []).count)
  }
}
