import SRData
import SRDistributed
import SRKernels
import SRTensor

extension ScalingModel.Compute {
  /// Times steps of a configuration on this rank alone, on its data or on synthetic faces.
  ///
  /// - Parameter rounds: each times a step of one group of samples a worker and one of three, so that a slow moment of
  ///   the machine falls on both; medians of the rounds count, as a run does not have its fastest steps alone.
  public static func measured(
    _ configuration: TrainingConfiguration, kernels: any KernelSet, rounds: Int = 9
  ) throws -> ScalingModel.Compute {
    let data = try RunData(configuration).load()
    let run = try RunContext(configuration, communicator: Communicator(), kernels: kernels, data: data)
    defer { run.pool.close() }
    // TrainingStep's workers take samples one by one.
    let groupSize = 1
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
      (one: try seconds(batchSize: group), three: try seconds(batchSize: 3 * group))
    }.dropFirst()
    let ofGroup = max(median(times.map { ($0.three - $0.one) / 2 }), 1e-6)
    let fixed = max(median(times.map { $0.one }) - ofGroup, 0)
    let buckets = GradientBuckets(layout: run.model.layout, targetBytes: configuration.bucketSize)
    let scale = configuration.gradientDType == .bfloat16 ? 2 : 4
    return ScalingModel.Compute(
      sample: ofGroup / Double(groupSize), fixed: fixed, groupSize: groupSize,
      bucketReady: bucketReady(run, buckets), bucketBytes: buckets.ranges.map { $0.count * scale })
  }

  /// When each bucket of a group's gradients is final, as a share of the time that the group takes.
  private static func bucketReady(_ run: RunContext, _ buckets: GradientBuckets) -> [Double] {
    let leaf = ParameterArena(layout: run.model.layout)
    let values = SharedRows(
      rows: 1, fields: SampleValueLayout(terms: run.loss.names, metrics: run.trainingMetrics.names).count)
    var ready: [Double] = []
    let start = ContinuousClock.now
    run.workers[0].train(
      0..<1, load: { run.samples.load(index: $0, epoch: 0, lowRes: $1, highRes: $2) }, weights: run.weights,
      metrics: run.trainingMetrics, gradients: { _ in leaf.pointer }, values: { _ in values.row(0) },
      observer: nil
    ) { _, firstFinal in
      let seconds = start.duration(to: .now) / .seconds(1)
      while ready.count < buckets.count, buckets.ranges[ready.count].lowerBound >= firstFinal {
        ready.append(seconds)
      }
    }
    let total = start.duration(to: .now) / .seconds(1)
    return ready.map { $0 / total }
  }
}

private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
