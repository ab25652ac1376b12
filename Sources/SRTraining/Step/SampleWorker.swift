import SRData
import SRDistributed
import SRKernels
import SRLayers
import SRLosses
import SRMetrics
import SRModels
import SRTensor

/// One sample of a group that a worker trains: its identity, and where its results go.
struct TrainingSlot {
  /// The sample's position in the batch.
  let sample: Int
  let identity: SampleIdentity
  /// The sample's gradient leaf, an arena of the model's layout.
  let gradients: UnsafeMutablePointer<Float>
  /// The sample's row of values, as ``SampleValueLayout`` describes it.
  let values: UnsafeMutablePointer<Double>
  /// Which buckets of the leaf are final.
  var progress: BucketProgress
}

/// The images, scratch memory and measurements that a worker's passes need beside the network.
final class PairMeasurement: Sendable {
  /// By position in the group.
  let images: [Images]
  let loss: WeightedSum
  /// Shape of the high-resolution images.
  let shape: ImageShape
  private let scale: Int
  private let kernels: any KernelSet
  private let scratch: AlignedBuffer
  /// Index of the loss's term 1 - SSIM. The loss and the metric have the same name.
  private let ssimTerm: Int?

  struct Images {
    let lowRes: AlignedBuffer
    let highRes: AlignedBuffer
  }

  /// - Parameters:
  ///   - metrics: all metrics that later calls ask for.
  ///   - count: how many images are held at a time.
  init(
    plan: any SuperResolutionPlan, loss: WeightedSum, metrics: [Metric], count: Int, kernels: any KernelSet
  ) {
    self.loss = loss
    self.kernels = kernels
    let (lowRes, highRes) = (plan.lowResShape, plan.highResShape)
    shape = highRes
    scale = highRes.height / lowRes.height
    ssimTerm = loss.names.firstIndex(of: MetricDescription.ssim.name)
    images = (0..<count).map { _ in
      Images(lowRes: AlignedBuffer(count: lowRes.count), highRes: AlignedBuffer(count: highRes.count))
    }
    scratch = AlignedBuffer(count: Self.scratchCount(highRes, loss, metrics, kernels))
  }

  /// The input at a position of the group.
  func lowRes(_ position: Int) -> ImagePair.LowRes {
    ImagePair.LowRes(images[position].lowRes.pointer, scale: scale)
  }

  /// Floats of the images and of the scratch memory.
  static func floatCount(
    plan: any SuperResolutionPlan, loss: WeightedSum, metrics: [Metric], count: Int, kernels: any KernelSet
  ) -> Int {
    count * (plan.lowResShape.count + plan.highResShape.count)
      + scratchCount(plan.highResShape, loss, metrics, kernels)
  }

  private static func scratchCount(
    _ shape: ImageShape, _ loss: WeightedSum, _ metrics: [Metric], _ kernels: any KernelSet
  ) -> Int {
    max(metrics.scratchCount(shape, kernels: kernels), loss.scratchCount(shape))
  }

  /// Writes the rows of some pairs and adds the loss's gradients.
  ///
  /// - Parameter reusesSSIM: if the loss has an SSIM term, the metric is computed from the term's value.
  func evaluate(
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

/// One worker's memory and its passes over a group of samples: load, forward, loss, backward.
///
/// Everything is allocated when the worker is made.
final class SampleWorker: Sendable {
  fileprivate let workspace: NetworkWorkspace
  fileprivate let measurement: PairMeasurement
  private let plan: any SuperResolutionPlan
  /// One buffer for each image that the loss compares together.
  private let gradientsSuperRes: [AlignedBuffer]
  private let progress: @Sendable () -> Void

  /// The most samples that go through the network together.
  var groupSize: Int { measurement.images.count }

  /// - Parameters:
  ///   - plan: for training.
  ///   - metrics: all metrics that later calls ask for.
  ///   - groupSize: the most samples that go through the network together.
  ///   - progress: called repeatedly during a group's passes.
  init(
    plan: any SuperResolutionPlan, loss: WeightedSum, metrics: [Metric], groupSize: Int,
    kernels: any KernelSet,
    progress: @escaping @Sendable () -> Void
  ) {
    self.plan = plan
    self.progress = progress
    measurement = PairMeasurement(
      plan: plan, loss: loss, metrics: metrics, count: groupSize, kernels: kernels)
    let tails = Self.tails(loss, groupSize)
    workspace = NetworkWorkspace(for: plan, images: groupSize, tails: tails)
    gradientsSuperRes = (0..<tails).map { _ in AlignedBuffer(count: plan.highResShape.count) }
  }

  /// Floats that a worker holds.
  static func floatCount(
    plan: any SuperResolutionPlan, loss: WeightedSum, metrics: [Metric], groupSize: Int,
    kernels: any KernelSet
  ) -> Int {
    let tails = tails(loss, groupSize)
    return NetworkWorkspace.floatCount(for: plan, images: groupSize, tails: tails)
      + PairMeasurement.floatCount(
        plan: plan, loss: loss, metrics: metrics, count: groupSize, kernels: kernels)
      + tails * plan.highResShape.count
  }

  /// How many of a group's images the loss compares together.
  private static func tails(_ loss: WeightedSum, _ groupSize: Int) -> Int { min(groupSize, loss.groupSize) }

  /// The training pass of a group of up to ``groupSize`` samples. It writes the samples' gradient leaves and rows of values. The
  /// loss compares several samples together if that is faster.
  ///
  /// - Parameter complete: called with a slot's sample and a bucket when the bucket of the sample's leaf becomes final. In the
  ///   end it has been called once for each sample and bucket.
  func train(
    _ slots: inout [TrainingSlot], from samples: TrainingSamples, weights: StepWeights, metrics: [Metric],
    observer: (any LayerObserver)?, complete: (_ sample: Int, _ bucket: Int) -> Void
  ) {
    let passes = slots.enumerated().map { position, slot in
      let images = measurement.images[position]
      samples.load(slot.identity, lowRes: images.lowRes.pointer, highRes: images.highRes.pointer)
      return plan.pass(
        image: position, lowRes: images.lowRes.pointer, parameters: weights.parameters,
        prepared: weights.prepared, gradients: slot.gradients, workspace: workspace, observer: observer)
    }
    func gradientsFinal(_ position: Int, _ offset: Int) {
      // A group of images may take seconds on a busy machine.
      progress()
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
          superRes: plan.forwardTail(passes[position]),
          highRes: measurement.images[position].highRes.pointer, shape: measurement.shape,
          lowRes: measurement.lowRes(position), gradient: gradient.pointer, identity: slots[position].identity
        )
      }
      measurement.evaluate(pairs, metrics: metrics, reusesSSIM: true) { slots[first + $0].values }
      for position in positions {
        let gradient = gradientsSuperRes[position - first].pointer
        plan.backwardTail(passes[position], gradientSuperRes: gradient) { gradientsFinal(position, $0) }
      }
    }
    plan.backwardBody(passes) { gradientsFinal($0, $1) }
  }

  /// Measures an enlarged input in place of a super-resolved image: that of a pair of the first epoch, neither degraded nor turned.
  ///
  /// - Parameter resize: to the size of the targets. Its input has 8 bits. Precondition: the images have three channels.
  func measureEnlarged(
    _ index: Int, of source: any TrainingSource, by resize: PictureResize, metrics: [Metric],
    values: UnsafeMutablePointer<Double>
  ) {
    let (images, intensities) = (measurement.images[0], gradientsSuperRes[0].pointer)
    source.load(
      index: index, crop: source.crop(index: index, epoch: 0), lowRes: images.lowRes.pointer,
      highRes: images.highRes.pointer)
    let lowRes = RGBImage(
      intensities: UnsafeBufferPointer(start: images.lowRes.pointer, count: source.lowResElementCount),
      channels: source.lowResChannels, width: source.lowResWidth, height: source.lowResHeight)
    for (position, byte) in resize(lowRes).pixels.enumerated() { intensities[position] = Float(byte) / 255 }
    let pair = ImagePair(
      superRes: intensities, highRes: images.highRes.pointer, shape: measurement.shape,
      lowRes: measurement.lowRes(0))
    measurement.evaluate([pair], metrics: metrics, reusesSSIM: false) { _ in values }
  }
}

/// One worker's forward passes over a group of pairs, and their measurements.
final class ValidationWorker: Sendable {
  private let plan: any SuperResolutionPlan
  private let workspace: NetworkWorkspace
  private let measurement: PairMeasurement

  /// The most pairs that go through the network together.
  var groupSize: Int { workspace.images }

  /// A worker with its own memory, which takes one pair at a time.
  ///
  /// - Parameters:
  ///   - plan: for inference.
  ///   - metrics: all metrics that later calls ask for.
  init(plan: any SuperResolutionPlan, loss: WeightedSum, metrics: [Metric], kernels: any KernelSet) {
    self.plan = plan
    workspace = NetworkWorkspace(for: plan, images: 1)
    measurement = PairMeasurement(plan: plan, loss: loss, metrics: metrics, count: 1, kernels: kernels)
  }

  /// A worker in the memory of a training worker, with groups as large. Only one of the two may work at a time.
  init(plan: any SuperResolutionPlan, within worker: SampleWorker) {
    self.plan = plan
    workspace = NetworkWorkspace(for: plan, within: worker.workspace)
    measurement = worker.measurement
  }

  /// The forward pass of one pair, watched by an observer.
  ///
  /// - Parameter receive: called with the input and the result, which are valid during the call.
  func watch(
    _ index: Int, of pairs: any PairDataset, weights: StepWeights, by observer: any LayerObserver,
    receive: (_ lowRes: UnsafeBufferPointer<Float>, _ superRes: UnsafeBufferPointer<Float>) -> Void
  ) {
    let images = measurement.images[0]
    pairs.load(index: index, lowRes: images.lowRes.pointer, highRes: images.highRes.pointer)
    let pass = plan.pass(
      lowRes: images.lowRes.pointer, parameters: weights.parameters, prepared: weights.prepared,
      gradients: nil, workspace: workspace, observer: observer)
    plan.forwardBody([pass])
    receive(
      UnsafeBufferPointer(start: images.lowRes.pointer, count: plan.lowResShape.count),
      UnsafeBufferPointer(start: plan.forwardTail(pass), count: plan.highResShape.count))
  }

  /// The forward passes of up to ``groupSize`` pairs, and their rows of values.
  ///
  /// - Parameters:
  ///   - load: writes the two images of a pair.
  ///   - values: the row of each position in the group.
  ///   - receive: called with each position when its row is complete, and with the super-resolved image, which is valid during the
  ///     call.
  func validate(
    _ group: [SampleIdentity],
    load: (
      _ pair: SampleIdentity, _ lowRes: UnsafeMutablePointer<Float>, _ highRes: UnsafeMutablePointer<Float>
    ) -> Void,
    weights: StepWeights, metrics: [Metric],
    values: (_ position: Int) -> UnsafeMutablePointer<Double>,
    receive: (_ position: Int, _ superRes: UnsafePointer<Float>) -> Void = { _, _ in }
  ) {
    let passes = group.enumerated().map { position, identity in
      let images = measurement.images[position]
      load(identity, images.lowRes.pointer, images.highRes.pointer)
      return plan.pass(
        image: position, lowRes: images.lowRes.pointer, parameters: weights.parameters,
        prepared: weights.prepared, gradients: nil, workspace: workspace)
    }
    plan.forwardBody(passes)
    for first in stride(from: 0, to: passes.count, by: workspace.tails) {
      let compared = (first..<min(first + workspace.tails, passes.count)).map { position in
        ImagePair(
          superRes: plan.forwardTail(passes[position]),
          highRes: measurement.images[position].highRes.pointer, shape: measurement.shape,
          lowRes: measurement.lowRes(position), identity: group[position])
      }
      // 1 - (1 - s) differs from s in the last bits, and validation must not depend on the loss.
      measurement.evaluate(compared, metrics: metrics, reusesSSIM: false) { values(first + $0) }
      for (index, pair) in compared.enumerated() { receive(first + index, pair.superRes) }
    }
  }
}
