import SRData
import SRDistributed
import SRKernels
import SRMetrics
import SRReport

/// Loss terms and metrics over one part of the data. All ranks share the work, or rank 0 does it alone; the bits are the same.
final class Evaluator: Sendable {
  let layout: SampleValueLayout
  private let run: EvaluationContext
  private let workers: [ValidationWorker]
  private let part: SampleIdentity.Part
  private let pairs: any PairDataset

  /// - Parameter trainers: a run's workers. The evaluator measures pairs in their memory while they do not train. If nil, the
  ///   evaluator allocates its own memory.
  init(_ run: EvaluationContext, _ part: SampleIdentity.Part, within trainers: [SampleWorker]? = nil) {
    self.run = run
    workers =
      trainers?.map { ValidationWorker(plan: run.inferencePlan, within: $0) }
      ?? (0..<run.pool.count).map { _ in
        ValidationWorker(
          plan: run.inferencePlan, loss: run.loss, metrics: run.validationMetrics, kernels: run.kernels)
      }
    self.part = part
    pairs = run.pairs(of: part)
    layout = SampleValueLayout(terms: run.loss.names, metrics: run.validationMetrics.map(\.name))
  }

  /// Evaluates all pairs with weights of the context's ``EvaluationContext/inferencePlan``. Collective; every rank returns the
  /// same sums.
  func run(_ weights: StepWeights) throws -> ValueSums {
    run.activity.enter(.validation)
    try weights.prepare(forBackward: false, on: run.pool)
    let rows = try run.gatherRows(of: share, fields: layout.count) { [self] worker, index, row in
      measure(index, on: worker, weights, values: row)
    }
    var sums = ValueSums(layout: layout)
    for row in rows { sums.add(row) }
    return sums
  }

  private var share: Range<Int> {
    let communicator = run.communicator
    switch run.configuration.validation {
    case .dealt:
      return ReductionTree.share(
        of: pairs.count, rank: communicator.rank, worldSize: communicator.worldSize)
    case .rank0:
      return communicator.rank == 0 ? 0..<pairs.count : 0..<0
    }
  }

  /// The first `count` pairs with their super-resolved and bicubic images. Not collective; `weights` are prepared.
  ///
  /// - Parameter baseline: measured on the same pairs.
  func samples(_ count: Int, weights: StepWeights, baseline: BaselineEvaluation) -> [SampleGrid.Sample] {
    (0..<min(count, pairs.count)).map { index in
      defer { run.activity.mark() }
      let values = SharedRows(rows: 1, fields: layout.count)
      let superRes = measure(index, on: 0, weights, values: values.row(0))
      let psnr = MetricDescription.psnr.name
      return SampleGrid.Sample(
        lowRes: pairs.lowResImage(at: index), bicubic: baseline.image(at: index),
        superRes: RGBImage(
          intensities: UnsafeBufferPointer(start: superRes, count: pairs.highResElementCount),
          width: pairs.highResWidth, height: pairs.highResHeight),
        highRes: pairs.highResImage(at: index), bicubicPSNR: baseline.value(of: psnr, at: index),
        superResPSNR: layout.metrics.firstIndex(of: psnr).map { values.row(0)[layout.metricStart + $0] }
          ?? .nan)
    }
  }

  @discardableResult
  private func measure(
    _ index: Int, on worker: Int, _ weights: StepWeights, values: UnsafeMutablePointer<Double>
  ) -> UnsafePointer<Float> {
    workers[worker].validate(
      SampleIdentity(part, index: index), from: pairs, weights: weights, metrics: run.validationMetrics,
      values: values)
  }
}

extension EvaluationContext {
  /// Fills a row of `fields` numbers for each image of this rank's `share`. Returns the rows of all ranks, the same on every
  /// rank. Collective.
  ///
  /// If a signal asks this rank to stop, it leaves the rest of its images out. Their rows are zero, and the caller discards the
  /// rows of all ranks as soon as the ranks have told each other of the request.
  ///
  /// - Parameters:
  ///   - share: this rank's images. The ranks' shares are contiguous and in rank order, so the rows are in image order.
  ///   - fill: called on the workers.
  func gatherRows(
    of share: Range<Int>, fields: Int,
    fill: @escaping @Sendable (_ worker: Int, _ image: Int, _ row: UnsafeMutablePointer<Double>) -> Void
  ) throws -> [[Double]] {
    let rows = SharedRows(rows: share.count, fields: fields)
    try pool.forEach(share) { [activity] worker, image in
      if RunRequests.isStopPending { return }
      fill(worker, image, rows.row(image - share.lowerBound))
      activity.mark()
    }
    activity.enter(.gathering)
    let all = try communicator.allGather(rows.elements).flatMap { $0 }
    return stride(from: 0, to: all.count, by: fields).map { Array(all[$0..<$0 + fields]) }
  }
}
