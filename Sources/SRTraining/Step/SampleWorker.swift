import SRKernels
import SRLayers
import SRLosses
import SRModels
import SRTensor

/// One worker's memory and its passes over a group of samples: load, forward, loss, backward.
///
/// Everything is allocated when the worker is made.
final class SampleWorker: Sendable {
  private let plan: SRResNetPlan
  private let loss: WeightedSum
  private let workspace: SRResNetWorkspace
  /// By position in the group.
  private let images: [Images]
  /// By position among the images that the loss compares together.
  private let gradientsSuperRes: [AlignedBuffer]
  private let scratch: AlignedBuffer
  /// Where the Gaussian SSIM stands among the loss's terms.
  private let ssimTerm: Int?

  private struct Images {
    let lowRes: AlignedBuffer
    let highRes: AlignedBuffer
  }

  /// The most samples that go through the network together.
  var groupSize: Int { images.count }

  /// - Parameter groupSize: the most samples that go through the network together.
  init(plan: SRResNetPlan, loss: WeightedSum, metrics: [ImageMetrics], groupSize: Int) {
    self.plan = plan
    self.loss = loss
    ssimTerm = loss.names.firstIndex(of: LossTerm.Kind.ssim.rawValue)
    let (lowResCount, highResCount) = (Self.lowResCount(plan), Self.highResCount(plan))
    let tails = Self.tails(loss, groupSize)
    workspace = SRResNetWorkspace(for: plan, images: groupSize, tails: tails)
    images = (0..<groupSize).map { _ in
      Images(lowRes: AlignedBuffer(count: lowResCount), highRes: AlignedBuffer(count: highResCount))
    }
    gradientsSuperRes = (0..<tails).map { _ in AlignedBuffer(count: highResCount) }
    scratch = AlignedBuffer(count: Self.scratchCount(plan, loss, metrics))
  }

  /// Floats that a worker holds.
  static func floatCount(plan: SRResNetPlan, loss: WeightedSum, metrics: [ImageMetrics], groupSize: Int)
    -> Int
  {
    let tails = tails(loss, groupSize)
    return SRResNetWorkspace.floatCount(for: plan, images: groupSize, tails: tails)
      + groupSize * (lowResCount(plan) + highResCount(plan)) + tails * highResCount(plan)
      + scratchCount(plan, loss, metrics)
  }

  /// How many of a group's images the loss compares together.
  private static func tails(_ loss: WeightedSum, _ groupSize: Int) -> Int { min(groupSize, loss.groupSize) }

  private static func lowResCount(_ plan: SRResNetPlan) -> Int { plan.lowResHeight * plan.lowResWidth * 3 }
  private static func highResCount(_ plan: SRResNetPlan) -> Int { plan.highResHeight * plan.highResWidth * 3 }

  private static func scratchCount(_ plan: SRResNetPlan, _ loss: WeightedSum, _ metrics: [ImageMetrics])
    -> Int
  {
    let (height, width) = (plan.highResHeight, plan.highResWidth)
    let counts = metrics.map { $0.scratchCount(height: height, width: width) }
    return max(counts.max() ?? 0, loss.scratchCount(height: height, width: width))
  }

  typealias Load = (
    _ sample: Int, _ lowRes: UnsafeMutablePointer<Float>, _ highRes: UnsafeMutablePointer<Float>
  ) -> Void

  /// The training pass of a group of samples; writes their gradient leaves and their rows of values. The loss compares as
  /// many of them together as gain by it.
  ///
  /// - Parameters:
  ///   - gradients: a sample's gradient leaf; asked for once.
  ///   - values: a sample's row of values.
  ///   - gradientsFinal: called with a sample and an arena offset each time all of the sample's gradients from there to
  ///     the arena's end are final; the last call for each sample passes 0.
  func train(
    _ group: Range<Int>, load: Load, weights: StepWeights, metrics: ImageMetrics,
    gradients: (_ sample: Int) -> UnsafeMutablePointer<Float>,
    values: (_ sample: Int) -> UnsafeMutablePointer<Double>, observer: (any LayerObserver)?,
    gradientsFinal: (_ sample: Int, _ from: Int) -> Void
  ) {
    let passes = group.enumerated().map { position, sample in
      load(sample, images[position].lowRes.pointer, images[position].highRes.pointer)
      return pass(position, weights: weights, gradients: gradients(sample), observer: observer)
    }
    plan.forwardBody(passes)
    for first in stride(from: 0, to: passes.count, by: workspace.tails) {
      let positions = first..<min(first + workspace.tails, passes.count)
      let pairs = positions.map { position in
        let gradient = gradientsSuperRes[position - first]
        gradient.zero()
        return ImagePair(
          superRes: plan.forwardTail(passes[position]), highRes: images[position].highRes.pointer,
          gradient: gradient.pointer)
      }
      evaluate(pairs, metrics: metrics) { values(group.lowerBound + first + $0) }
      for position in positions {
        let gradient = gradientsSuperRes[position - first].pointer
        plan.backwardTail(passes[position], gradientSuperRes: gradient) {
          gradientsFinal(group.lowerBound + position, $0)
        }
      }
    }
    plan.backwardBody(passes) { gradientsFinal(group.lowerBound + $0, $1) }
  }

  /// The forward pass of one sample and its row of values. The returned image holds until the next pass.
  @discardableResult
  func validate(
    load: (_ lowRes: UnsafeMutablePointer<Float>, _ highRes: UnsafeMutablePointer<Float>) -> Void,
    weights: StepWeights, metrics: ImageMetrics, values: UnsafeMutablePointer<Double>,
    observer: (any LayerObserver)? = nil
  ) -> UnsafePointer<Float> {
    load(images[0].lowRes.pointer, images[0].highRes.pointer)
    let pass = pass(0, weights: weights, gradients: nil, observer: observer)
    plan.forwardBody([pass])
    let superRes = plan.forwardTail(pass)
    let pair = ImagePair(superRes: superRes, highRes: images[0].highRes.pointer, gradient: nil)
    evaluate([pair], metrics: metrics) { _ in values }
    return superRes
  }

  private func pass(
    _ position: Int, weights: StepWeights, gradients: UnsafeMutablePointer<Float>?,
    observer: (any LayerObserver)?
  ) -> ImagePass {
    plan.pass(
      image: position, lowRes: images[position].lowRes.pointer, parameters: weights.parameters,
      prepared: weights.prepared, gradients: gradients, workspace: workspace, observer: observer)
  }

  private func evaluate(
    _ pairs: [ImagePair], metrics: ImageMetrics, values: (_ pair: Int) -> UnsafeMutablePointer<Double>
  ) {
    let (height, width) = (plan.highResHeight, plan.highResWidth)
    let losses = loss.evaluate(pairs, height: height, width: width, scratch: scratch.pointer) {
      pair, term, value in values(pair)[1 + term] = value
    }
    for (index, pair) in pairs.enumerated() {
      let row = values(index)
      row[0] = losses[index]
      metrics.evaluate(
        superRes: pair.superRes, highRes: pair.highRes, height: height, width: width,
        knownSSIM: ssimTerm.map { 1 - row[1 + $0] }, scratch: scratch.pointer,
        into: row + 1 + loss.terms.count)
    }
  }
}
