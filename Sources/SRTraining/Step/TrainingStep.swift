import SRDistributed
import SRKernels
import SRLayers
import SRMetrics
import SRModels
import SROptimizers
import SRProcess
import SRTensor

/// One synchronous data-parallel step. Every rank computes its share of the batch. Then all ranks compute the same update.
final class TrainingStep: Sendable {
  /// Images of a step.
  struct Images: Sendable {
    /// Indices into the training images; the same on every rank.
    let indices: [Int]
    /// From 0.
    let epoch: Int
  }

  /// A batch, and its position in the run.
  struct Batch: Sendable {
    /// Indices into the training images; the same on every rank.
    let indices: [Int]
    /// From 0.
    let epoch: Int
    /// The step of the whole run, from 1.
    let step: Int
    let learningRate: Double
  }

  let weights: StepWeights
  let optimizer: Adam
  /// The weights' moving average, if one is kept.
  private let average: ExponentialMovingAverage?
  /// Nil if gradients of any norm are taken.
  private let clipping: GradientClipping?
  let gradients: ParameterArena
  let layout: SampleValueLayout
  private let communicator: Communicator
  private let activity: RankActivity
  private let kernels: any KernelSet
  private let metrics: [Metric]
  private let pool: WorkerPool
  private let sharing: SharedWork
  private let reducer: any GradientReducer
  private let samples: TrainingSamples
  private let workers: [SampleWorker]
  private let observer: (any LayerObserver)?

  init(_ run: RunContext, observer: (any LayerObserver)? = nil) throws {
    weights = run.weights
    optimizer = run.optimizer
    average = run.average.map {
      ExponentialMovingAverage($0, decay: run.configuration.emaDecay ?? 0, kernels: run.kernels)
    }
    clipping = run.configuration.clipGradNorm.map { GradientClipping(limit: $0, kernels: run.kernels) }
    communicator = run.communicator
    activity = run.activity
    kernels = run.kernels
    metrics = run.trainingMetrics
    layout = SampleValueLayout(terms: run.loss.names, metrics: run.trainingMetrics.map(\.name))
    pool = run.pool
    workers = run.workers
    gradients = ParameterArena(layout: run.layout)
    sharing = run.sharing
    reducer = try run.makeReducer(destination: gradients.buffer)
    samples = try run.samples.workingAhead()
    self.observer = observer
  }

  /// Runs the step. Returns every sample's row of values in sample order, the same on every rank.
  ///
  /// - Parameters:
  ///   - next: the images of the next step; nil if there is none. They may be made meanwhile.
  ///   - beforeUpdate: gets the batch's mean gradient. The update may change it: clipping and weight decay do.
  func run(
    _ batch: Batch, before next: @autoclosure () -> Images? = nil,
    beforeUpdate: (ParameterArena) throws -> Void = { _ in }
  ) throws -> [[Double]] {
    activity.enter(.forwardBackward, step: batch.step)
    samples.prepare(identities(of: next()))
    try weights.prepare(forBackward: true, on: pool, activity)
    let share = reducer.begin(batchSize: batch.indices.count)
    let values = try computeGradients(of: share, in: batch)
    activity.enter(.exchange)
    try reducer.finish()
    let rows = try communicator.gatherSampleValues(
      values, fields: layout.count, batchSize: batch.indices.count)
    activity.enter(.update)
    try NotFiniteError.check(rows, gradients, in: batch, step: self, kernels: kernels)
    try beforeUpdate(gradients)
    try updateWeights(batch)
    return rows
  }

  /// This rank's share of a step's samples.
  private func identities(of images: Images?) -> [SampleIdentity] {
    guard let images else { return [] }
    let share = ReductionTree.share(
      of: images.indices.count, rank: communicator.rank, worldSize: communicator.worldSize)
    return share.map { samples.identity(index: images.indices[$0], epoch: images.epoch) }
  }

  /// The workers take groups of samples until no group is left.
  private func computeGradients(of share: Range<Int>, in batch: Batch) throws -> [Double] {
    let values = SharedRows(rows: share.count, fields: layout.count)
    let groups = SampleGroups(share, workers: pool.count, largest: workers[0].groupSize)
    try pool.forEach(0..<groups.count) { [self] worker, index in
      var slots = groups[index].map { sample in
        slot(
          sample, of: batch, gradients: reducer.beginSample(sample),
          values: values.row(sample - share.lowerBound))
      }
      workers[worker].train(
        &slots, from: samples, weights: weights, metrics: metrics, observer: observer
      ) { sample, bucket in
        reducer.complete(sample: sample, bucket: bucket)
      }
    }
    return values.elements
  }

  private func slot(
    _ sample: Int, of batch: Batch, gradients: UnsafeMutablePointer<Float>,
    values: UnsafeMutablePointer<Double>
  ) -> TrainingSlot {
    TrainingSlot(
      sample: sample, identity: samples.identity(index: batch.indices[sample], epoch: batch.epoch),
      gradients: gradients, values: values, progress: BucketProgress(reducer.buckets))
  }

  /// Adam on the flat arena. The workers share the arena, and so do ranks that hold it in common. Otherwise every rank computes the
  /// same update.
  private func updateWeights(_ batch: Batch) throws {
    let factor = try clippingFactor()
    let lines = gradients.count / 16
    try pool.run { [self] worker in
      let part = sharing.part(worker, of: pool.count)
      let range = (lines * part.index / part.count * 16)..<(lines * (part.index + 1) / part.count * 16)
      if let factor { clipping?.scale(gradients, by: factor, range: range) }
      optimizer.update(
        weights.parameters, gradients: gradients.buffer, learningRate: batch.learningRate,
        step: batch.step, range: range)
      average?.update(with: weights.parameters, step: batch.step, range: range)
    }
    try sharing.wait(activity)
  }

  /// The factor that gives the gradient the largest norm that is allowed; nil if its norm is smaller.
  private func clippingFactor() throws -> Float? {
    guard let clipping else { return nil }
    let sums = SharedRows(rows: clipping.blockCount(gradients), fields: 1)
    try pool.forEach(0..<sums.count) { [gradients] _, block in
      sums.row(block)[0] = clipping.sumOfSquares(block: block, of: gradients)
    }
    return clipping.factor(sums.elements)
  }

  /// Repeats a sample's passes for `observer` to watch. The weights have not changed since the first passes.
  func observe(sample: Int, of batch: Batch, with observer: any LayerObserver) {
    let leaf = ParameterArena(layout: gradients.layout)
    let values = SharedRows(rows: 1, fields: layout.count)
    var slots = [slot(sample, of: batch, gradients: leaf.pointer, values: values.row(0))]
    withExtendedLifetime((leaf, values)) {
      workers[0].train(&slots, from: samples, weights: weights, metrics: metrics, observer: observer) {
        _, _ in
      }
    }
  }
}
