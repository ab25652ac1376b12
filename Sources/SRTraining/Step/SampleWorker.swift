import SRData
import SRDistributed
import SRKernels
import SRLayers
import SRLosses
import SRMetrics
import SRModels
import SRTensor

/// One sample of a group on its way through a worker: what it shows, and where its results go.
struct TrainingSlot {
  /// Its position in the batch.
  let sample: Int
  let identity: SampleIdentity
  /// Its gradient leaf, an arena of the model's layout.
  let gradients: UnsafeMutablePointer<Float>
  /// Its row, as a ``SampleValueLayout`` has it.
  let values: UnsafeMutablePointer<Double>
  /// Which buckets of the leaf are final.
  var progress: BucketProgress
}

/// One worker's memory and its passes over a group of samples: load, forward, loss, backward.
///
/// Everything is allocated when the worker is made.
final class SampleWorker: Sendable {
  private let plan: SRResNetPlan
  private let workspace: SRResNetWorkspace
  private let loss: WeightedSum
  private let kernels: any KernelSet
  /// Of the high-resolution images.
  private let shape: ImageShape
  /// By position in the group.
  private let images: [Images]
  /// By position among the images that the loss compares together.
  private let gradientsSuperRes: [AlignedBuffer]
  private let scratch: AlignedBuffer
  /// Which of the loss's terms is 1 - SSIM; the loss and the metric have the same name.
  private let ssimTerm: Int?

  private struct Images {
    let lowRes: AlignedBuffer
    let highRes: AlignedBuffer
  }

  /// The most samples that go through the network together.
  var groupSize: Int { images.count }

  /// - Parameters:
  ///   - metrics: all that will be asked for.
  ///   - groupSize: the most samples that go through the network together.
  init(plan: SRResNetPlan, loss: WeightedSum, metrics: [Metric], groupSize: Int, kernels: any KernelSet) {
    self.plan = plan
    self.loss = loss
    self.kernels = kernels
    shape = Self.highResShape(plan)
    ssimTerm = loss.names.firstIndex(of: MetricDescription.ssim.name)
    let tails = Self.tails(loss, groupSize)
    workspace = SRResNetWorkspace(for: plan, images: groupSize, tails: tails)
    images = (0..<groupSize).map { [shape] _ in
      Images(
        lowRes: AlignedBuffer(count: Self.lowResShape(plan).count),
        highRes: AlignedBuffer(count: shape.count))
    }
    gradientsSuperRes = (0..<tails).map { [shape] _ in AlignedBuffer(count: shape.count) }
    scratch = AlignedBuffer(count: Self.scratchCount(shape, loss, metrics, kernels))
  }

  /// Floats that a worker holds.
  static func floatCount(
    plan: SRResNetPlan, loss: WeightedSum, metrics: [Metric], groupSize: Int, kernels: any KernelSet
  ) -> Int {
    let shape = highResShape(plan)
    let tails = tails(loss, groupSize)
    return SRResNetWorkspace.floatCount(for: plan, images: groupSize, tails: tails)
      + groupSize * (lowResShape(plan).count + shape.count) + tails * shape.count
      + scratchCount(shape, loss, metrics, kernels)
  }

  /// How many of a group's images the loss compares together.
  private static func tails(_ loss: WeightedSum, _ groupSize: Int) -> Int { min(groupSize, loss.groupSize) }

  private static func lowResShape(_ plan: SRResNetPlan) -> ImageShape {
    ImageShape(height: plan.lowResHeight, width: plan.lowResWidth)
  }
  private static func highResShape(_ plan: SRResNetPlan) -> ImageShape {
    ImageShape(height: plan.highResHeight, width: plan.highResWidth)
  }

  private static func scratchCount(
    _ shape: ImageShape, _ loss: WeightedSum, _ metrics: [Metric], _ kernels: any KernelSet
  ) -> Int {
    max(metrics.scratchCount(shape, kernels: kernels), loss.scratchCount(shape))
  }

  /// The training pass of a group of up to ``groupSize`` samples. It writes their gradient leaves and their rows of
  /// values. The loss compares as many samples together as gain by it.
  ///
  /// - Parameter complete: called with a slot's sample and a bucket each time that a bucket of its leaf has become final;
  ///   in the end, once with each of them.
  func train(
    _ slots: inout [TrainingSlot], from samples: TrainingSamples, weights: StepWeights, metrics: [Metric],
    observer: (any LayerObserver)?, complete: (_ sample: Int, _ bucket: Int) -> Void
  ) {
    let passes = slots.enumerated().map { position, slot in
      let images = images[position]
      samples.load(slot.identity, lowRes: images.lowRes.pointer, highRes: images.highRes.pointer)
      return pass(position, weights: weights, gradients: slot.gradients, observer: observer)
    }
    func gradientsFinal(_ position: Int, _ offset: Int) {
      let sample = slots[position].sample
      slots[position].progress.advance(to: offset) { complete(sample, $0) }
    }
    plan.forwardBody(passes)
    for first in stride(from: 0, to: passes.count, by: workspace.tails) {
      let positions = first..<min(first + workspace.tails, passes.count)
      let pairs = positions.map { position in
        let gradient = gradientsSuperRes[position - first]
        gradient.zero()
        return ImagePair(
          superRes: plan.forwardTail(passes[position]), highRes: images[position].highRes.pointer,
          shape: shape, gradient: gradient.pointer, identity: slots[position].identity)
      }
      evaluate(pairs, metrics: metrics, reusesSSIM: true) { slots[first + $0].values }
      for position in positions {
        let gradient = gradientsSuperRes[position - first].pointer
        plan.backwardTail(passes[position], gradientSuperRes: gradient) { gradientsFinal(position, $0) }
      }
    }
    plan.backwardBody(passes) { gradientsFinal($0, $1) }
  }

  /// The forward pass of one pair, of the data set that it belongs to, and its row of values. The returned image holds
  /// until the next pass.
  @discardableResult
  func validate(
    _ identity: SampleIdentity, from pairs: any PairDataset, weights: StepWeights, metrics: [Metric],
    values: UnsafeMutablePointer<Double>
  ) -> UnsafePointer<Float> {
    pairs.load(index: identity.index, lowRes: images[0].lowRes.pointer, highRes: images[0].highRes.pointer)
    let pass = pass(0, weights: weights, gradients: nil, observer: nil)
    plan.forwardBody([pass])
    let superRes = plan.forwardTail(pass)
    let pair = ImagePair(
      superRes: superRes, highRes: images[0].highRes.pointer, shape: shape, identity: identity)
    // 1 - (1 - s) is not s to the last bit: a validation's number must not depend on which loss was trained.
    evaluate([pair], metrics: metrics, reusesSSIM: false) { _ in values }
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

  /// Writes the rows of some pairs and adds the loss's gradients.
  ///
  /// - Parameter reusesSSIM: takes the metric from the loss's term of that name, if there is one.
  private func evaluate(
    _ pairs: [ImagePair], metrics: [Metric], reusesSSIM: Bool,
    values: (_ pair: Int) -> UnsafeMutablePointer<Double>
  ) {
    let losses = loss.evaluate(pairs, scratch: scratch.pointer) { values($0)[1 + $1] = $2 }
    for (index, pair) in pairs.enumerated() {
      let row = values(index)
      row[0] = losses[index]
      let similarity = reusesSSIM ? ssimTerm.map { 1 - row[1 + $0] } : nil
      var measured = MeasuredPair(
        pair, scratch: scratch.pointer, kernels: kernels, gaussianSSIM: similarity)
      metrics.evaluate(&measured, into: row + 1 + loss.terms.count)
    }
  }
}
