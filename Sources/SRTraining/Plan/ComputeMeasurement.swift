import SRData
import SRDistributed
import SRKernels
import SRTensor

extension ScalingModel.Compute {
  /// Times steps of a configuration on this rank alone, on its data or on synthetic faces.
  ///
  /// - Parameter repeats: steps of each kind; their median counts, as a run does not have its fastest ones alone.
  public static func measured(
    _ configuration: TrainingConfiguration, kernels: any KernelSet, repeats: Int = 7
  ) throws -> ScalingModel.Compute {
    let data = try RunData(configuration).load()
    let run = try RunContext(configuration, communicator: Communicator(), kernels: kernels, data: data)
    defer { run.pool.close() }
    let workers = run.pool.count
    let step = try TrainingStep(run)
    func median(batchSize: Int) throws -> Double {
      let indices = (0..<batchSize).map { $0 % data.train.count }
      // The first ones allocate.
      return try (0..<repeats + 1).map { count -> Double in
        let start = ContinuousClock.now
        _ = try step.run(.init(indices: indices, epoch: 0, step: count + 1, learningRate: 1e-6))
        return start.duration(to: .now) / .seconds(1)
      }.dropFirst().sorted()[repeats / 2]
    }
    let one = try median(batchSize: workers)
    let three = try median(batchSize: 3 * workers)
    let sample = max((three - one) / 2, 1e-6)
    let buckets = GradientBuckets(layout: run.model.layout, targetBytes: configuration.bucketSize)
    let scale = configuration.gradientDType == .bfloat16 ? 2 : 4
    return ScalingModel.Compute(
      sample: sample, fixed: max(one - sample, 0), bucketReady: bucketReady(run, buckets),
      bucketBytes: buckets.ranges.map { $0.count * scale })
  }

  /// When each bucket of one sample's gradient is final, as a share of the time that the sample takes.
  private static func bucketReady(_ run: RunContext, _ buckets: GradientBuckets) -> [Double] {
    let leaf = ParameterArena(layout: run.model.layout)
    let values = SharedRows(
      rows: 1, fields: SampleValueLayout(terms: run.loss.names, metrics: run.trainingMetrics.names).count)
    var ready: [Double] = []
    let start = ContinuousClock.now
    run.workers[0].train(
      load: { run.samples.load(index: 0, epoch: 0, lowRes: $0, highRes: $1) }, weights: run.weights,
      metrics: run.trainingMetrics, gradients: leaf.pointer, values: values.row(0), observer: nil
    ) { firstFinal in
      let seconds = start.duration(to: .now) / .seconds(1)
      while ready.count < buckets.count, buckets.ranges[ready.count].lowerBound >= firstFinal {
        ready.append(seconds)
      }
    }
    let total = start.duration(to: .now) / .seconds(1)
    return ready.map { $0 / total }
  }
}
