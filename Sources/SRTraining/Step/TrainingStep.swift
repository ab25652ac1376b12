import SRDistributed
import SRKernels
import SRLayers
import SRModels
import SROptimizers
import SRTensor
import Synchronization

/// One synchronous data-parallel step: every rank computes its share of the batch, all of them the same update.
final class TrainingStep: Sendable {
  /// A batch and where in the run it stands.
  struct Batch: Sendable {
    /// Indices into the training images; the same on every rank.
    let indices: [Int]
    /// From 0.
    let epoch: Int
    /// Of the whole run, from 1.
    let step: Int
    let learningRate: Double
  }

  let weights: StepWeights
  let optimizer: Adam
  /// The weights' moving average, where one is kept.
  private let average: ExponentialMovingAverage?
  let gradients: ParameterArena
  let layout: SampleValueLayout
  private let communicator: Communicator
  private let activity: RankActivity
  private let kernels: any KernelSet
  private let metrics: ImageMetrics
  private let pool: WorkerPool
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
    communicator = run.communicator
    activity = run.activity
    kernels = run.kernels
    metrics = run.trainingMetrics
    layout = SampleValueLayout(terms: run.loss.names, metrics: run.trainingMetrics.names)
    pool = run.pool
    workers = run.workers
    gradients = ParameterArena(layout: run.model.layout)
    reducer = try run.makeReducer(destination: gradients.buffer)
    samples = run.samples
    self.observer = observer
  }

  /// Runs the step and returns every sample's row of values, in sample order, the same on every rank.
  func run(_ batch: Batch) throws -> [[Double]] {
    activity.enter(.forwardBackward, step: batch.step)
    try weights.prepare(forBackward: true, on: pool)
    let share = reducer.begin(batchSize: batch.indices.count)
    let values = try computeGradients(of: share, in: batch)
    activity.enter(.exchange)
    try reducer.finish()
    let rows = try communicator.gatherSampleValues(
      values, fields: layout.count, batchSize: batch.indices.count)
    activity.enter(.update)
    try NotFiniteError.check(rows, gradients, in: batch, step: self, kernels: kernels)
    try updateWeights(batch)
    return rows
  }

  /// Every worker takes the next group of samples until none is left.
  private func computeGradients(of share: Range<Int>, in batch: Batch) throws -> [Double] {
    let values = SharedRows(rows: share.count, fields: layout.count)
    let groups = SampleGroups(share, workers: pool.count, largest: workers[0].groupSize)
    let next = Atomic(0)
    try pool.run { [self] worker in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < groups.count else { return }
        let group = groups[index]
        // By sample of the group: buckets that are final.
        var buckets = Array(repeating: 0, count: group.count)
        workers[worker].train(
          group,
          load: { samples.load(index: batch.indices[$0], epoch: batch.epoch, lowRes: $1, highRes: $2) },
          weights: weights, metrics: metrics, gradients: { reducer.beginSample($0) },
          values: { values.row($0 - share.lowerBound) }, observer: observer
        ) { sample, firstFinal in
          // A group of images may take seconds on a busy machine.
          activity.mark()
          let position = sample - group.lowerBound
          while buckets[position] < reducer.buckets.count,
            reducer.buckets.ranges[buckets[position]].lowerBound >= firstFinal
          {
            reducer.complete(sample: sample, bucket: buckets[position])
            buckets[position] += 1
          }
        }
        activity.mark()
      }
    }
    return values.elements
  }

  /// Adam on the flat arena, dealt to the workers; every rank does the same.
  private func updateWeights(_ batch: Batch) throws {
    let lines = gradients.count / 16
    try pool.run { [self] worker in
      let range = (lines * worker / pool.count * 16)..<(lines * (worker + 1) / pool.count * 16)
      optimizer.update(
        weights.parameters, gradients: gradients.buffer, learningRate: batch.learningRate,
        step: batch.step, range: range)
      average?.update(with: weights.parameters, step: batch.step, range: range)
    }
  }

  /// Repeats a sample's passes, unchanged weights given, under the eyes of `observer`.
  func observe(sample: Int, of batch: Batch, with observer: any LayerObserver) {
    let leaf = ParameterArena(layout: gradients.layout)
    let values = SharedRows(rows: 1, fields: layout.count)
    workers[0].train(
      sample..<sample + 1,
      load: { samples.load(index: batch.indices[$0], epoch: batch.epoch, lowRes: $1, highRes: $2) },
      weights: weights, metrics: metrics, gradients: { _ in leaf.pointer }, values: { _ in values.row(0) },
      observer: observer, gradientsFinal: { _, _ in })
  }
}

/// Rows of doubles that several workers fill, each its own.
final class SharedRows: @unchecked Sendable {
  private let fields: Int
  private let storage: UnsafeMutableBufferPointer<Double>

  init(rows: Int, fields: Int) {
    self.fields = fields
    storage = .allocate(capacity: max(rows * fields, 1))
    storage.initialize(repeating: 0)
    count = rows * fields
  }

  deinit { storage.deallocate() }

  let count: Int
  func row(_ index: Int) -> UnsafeMutablePointer<Double> { storage.baseAddress! + index * fields }
  /// All rows, one after the other.
  var elements: [Double] { Array(storage.prefix(count)) }
}
