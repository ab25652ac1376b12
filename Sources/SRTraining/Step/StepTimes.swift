import SRData
import SRDistributed
import SRKernels
import SRTensor

/// How long one rank's steps take. Seconds.
package struct StepTimes: Sendable, Equatable {
  /// The time of one sample on one worker.
  package var sample: Double
  /// The time of a step apart from its samples: preparing and updating the weights.
  package var fixed: Double
  /// Samples that a worker takes through the network together. The gradients of these samples become final together.
  package var groupSize: Int
  /// By bucket: when a group's gradients are final, as a share of the group's time.
  package var bucketReady: [Double]
  /// By bucket: the number of bytes that are sent.
  package var bucketBytes: [Int]

  /// Precondition: there is a time and a number of bytes for each bucket, and `groupSize` is above 0.
  package init(
    sample: Double, fixed: Double, groupSize: Int = 1, bucketReady: [Double], bucketBytes: [Int]
  ) {
    precondition(
      bucketReady.count == bucketBytes.count && groupSize > 0,
      "\(bucketReady.count) times and \(bucketBytes.count) sizes of buckets, groups of \(groupSize) samples")
    self.sample = sample
    self.fixed = fixed
    self.groupSize = groupSize
    self.bucketReady = bucketReady
    self.bucketBytes = bucketBytes
  }
}

extension StepTimes {
  /// Times steps of a configuration on this rank alone, on its data or on synthetic faces.
  ///
  /// - Parameter rounds: each round times a step of one group of samples per worker, and a step of two groups. So if the machine
  ///   is slow for a moment, both steps are slow. The result has the medians over the rounds, because a run consists of more
  ///   than its fastest steps.
  package static func measured(
    _ configuration: TrainingConfiguration, kernels: any KernelSet, rounds: Int = 5,
    activity: RankActivity = RankActivity()
  ) throws -> StepTimes {
    let data = try RunData(configuration).load(progress: activity.mark)
    let run = try RunContext(
      configuration, communicator: Communicator(), kernels: kernels, data: data, activity: activity)
    defer { run.pool.close() }
    let groupSize = run.workers[0].groupSize
    let group = groupSize * run.pool.count
    let step = try TrainingStep(run)
    func seconds(batchSize: Int) throws -> Double {
      let indices = (0..<batchSize).map { $0 % run.samples.count }
      let start = ContinuousClock.now
      _ = try step.run(.init(indices: indices, epoch: 0, step: 1, learningRate: 1e-6))
      return start.duration(to: .now) / .seconds(1)
    }
    // The first round allocates.
    let times = try (0...rounds).map { _ in
      (one: try seconds(batchSize: group), two: try seconds(batchSize: 2 * group))
    }.dropFirst()
    let ofGroup = max(times.map { $0.two - $0.one }.median, 1e-6)
    let fixed = max(times.map { $0.one }.median - ofGroup, 0)
    let buckets = GradientBuckets(layout: run.layout, targetBytes: configuration.bucketSize)
    let bytes = configuration.gradientDType.byteCount
    return StepTimes(
      sample: ofGroup / Double(groupSize), fixed: fixed, groupSize: groupSize,
      bucketReady: bucketReady(run, buckets), bucketBytes: buckets.ranges.map { $0.count * bytes })
  }

  /// When each bucket of a group's gradients is final, as a share of the group's time.
  private static func bucketReady(_ run: RunContext, _ buckets: GradientBuckets) -> [Double] {
    let group = 0..<run.workers[0].groupSize
    let leaves = group.map { _ in ParameterArena(layout: run.layout) }
    let layout = SampleValueLayout(terms: run.loss.names, metrics: run.trainingMetrics.map(\.name))
    let values = SharedRows(rows: group.count, fields: layout.count)
    var slots = group.map { sample in
      TrainingSlot(
        sample: sample, identity: run.samples.identity(index: sample % run.samples.count, epoch: 0),
        gradients: leaves[sample].pointer, values: values.row(sample), progress: BucketProgress(buckets))
    }
    var ready: [Double] = []
    let start = ContinuousClock.now
    withExtendedLifetime((leaves, values)) {
      run.workers[0].train(
        &slots, from: run.samples, weights: run.weights, metrics: run.trainingMetrics, observer: nil
      ) { sample, _ in
        // Layer by layer, the group's samples follow each other.
        if sample == group.upperBound - 1 { ready.append(start.duration(to: .now) / .seconds(1)) }
      }
    }
    let total = start.duration(to: .now) / .seconds(1)
    return ready.map { $0 / total }
  }
}
