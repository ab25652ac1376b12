import SRData
import SRDistributed
import SRKernels
import SRTensor

extension ScalingModel.Compute {
  /// Times steps of a configuration on this rank alone, on its data or on synthetic faces.
  ///
  /// - Parameter rounds: each times a step of one group of samples a worker and one of two, so that a slow moment of
  ///   the machine falls on both; medians of the rounds count, as a run does not have its fastest steps alone.
  package static func measured(
    _ configuration: TrainingConfiguration, kernels: any KernelSet, rounds: Int = 5
  ) throws -> ScalingModel.Compute {
    let data = try RunData(configuration).load()
    let run = try RunContext(configuration, communicator: Communicator(), kernels: kernels, data: data)
    defer { run.pool.close() }
    let groupSize = run.workers[0].groupSize
    let group = groupSize * run.pool.count
    let step = try TrainingStep(run)
    func seconds(batchSize: Int) throws -> Double {
      let indices = (0..<batchSize).map { $0 % data.train.count }
      let start = ContinuousClock.now
      _ = try step.run(.init(indices: indices, epoch: 0, step: 1, learningRate: 1e-6))
      return start.duration(to: .now) / .seconds(1)
    }
    // The first ones allocate.
    let times = try (0...rounds).map { _ in
      (one: try seconds(batchSize: group), two: try seconds(batchSize: 2 * group))
    }.dropFirst()
    let ofGroup = max(median(times.map { $0.two - $0.one }), 1e-6)
    let fixed = max(median(times.map { $0.one }) - ofGroup, 0)
    let buckets = GradientBuckets(layout: run.model.layout, targetBytes: configuration.bucketSize)
    let scale = configuration.gradientDType == .bfloat16 ? 2 : 4
    return ScalingModel.Compute(
      sample: ofGroup / Double(groupSize), fixed: fixed, groupSize: groupSize,
      bucketReady: bucketReady(run, buckets), bucketBytes: buckets.ranges.map { $0.count * scale })
  }

  /// When each bucket of a group's gradients is final, as a share of the time that the group takes.
  private static func bucketReady(_ run: RunContext, _ buckets: GradientBuckets) -> [Double] {
    let group = 0..<run.workers[0].groupSize
    let leaves = group.map { _ in ParameterArena(layout: run.model.layout) }
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
        // The group's samples follow each other layer by layer.
        if sample == group.upperBound - 1 { ready.append(start.duration(to: .now) / .seconds(1)) }
      }
    }
    let total = start.duration(to: .now) / .seconds(1)
    return ready.map { $0 / total }
  }
}

private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
