import SRData
import SRDistributed
import SRKernels
import SRMetrics
import SRReport
import Synchronization

/// Loss terms and metrics over one part of the data. All ranks share the work, or rank 0 does it alone; the bits are the same.
final class Evaluator: Sendable {
  let layout: SampleValueLayout
  private let run: EvaluationContext
  private let workers: [ValidationWorker]
  private let part: SampleIdentity.Part
  private let pairs: any PairDataset
  /// By the pairs' indices.
  private let kept = Mutex<[Int: Kept]>([:])

  /// A measured pair of which a picture will be drawn.
  private struct Kept: Sendable {
    let superRes: RGBImage
    let psnr: Double
  }

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
  ///
  /// - Parameter count: this rank keeps the super-resolved images of so many first pairs, if they lie in its share, for
  ///   ``samples(_:weights:baseline:)``.
  func run(_ weights: StepWeights, keeping count: Int = 0) throws -> ValueSums {
    run.activity.enter(.validation)
    try weights.prepare(forBackward: false, on: run.pool, run.activity)
    kept.withLock { $0 = [:] }
    let rows = try run.gatherRows(of: share, fields: layout.count, groupSize: workers[0].groupSize) {
      [self] worker, group, rows in
      measure(group, on: worker, weights, values: rows) { if $0 < count { keep($0, $1, $2) } }
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

  /// The first `count` pairs with their super-resolved and bicubic images. What ``run(_:keeping:)`` has not kept is measured
  /// again. Not collective; `weights` are prepared, and those of the last run.
  ///
  /// - Parameter baseline: measured on the same pairs.
  func samples(_ count: Int, weights: StepWeights, baseline: BaselineEvaluation) -> [SampleGrid.Sample] {
    (0..<min(count, pairs.count)).compactMap { index in
      defer { run.activity.mark() }
      if kept.withLock({ $0[index] == nil }) {
        let values = SharedRows(rows: 1, fields: layout.count)
        measure(index..<index + 1, on: 0, weights, values: { _ in values.row(0) }, receive: keep)
      }
      return kept.withLock { $0.removeValue(forKey: index) }.map { kept in
        SampleGrid.Sample(
          lowRes: pairs.lowResImage(at: index), bicubic: baseline.image(at: index), superRes: kept.superRes,
          highRes: pairs.highResImage(at: index),
          bicubicPSNR: baseline.value(of: MetricDescription.psnr.name, at: index), superResPSNR: kept.psnr)
      }
    }
  }

  private func keep(_ index: Int, _ superRes: UnsafePointer<Float>, _ row: UnsafePointer<Double>) {
    let image = RGBImage(
      intensities: UnsafeBufferPointer(start: superRes, count: pairs.highResElementCount),
      channels: pairs.highResChannels, width: pairs.highResWidth, height: pairs.highResHeight)
    let psnr = layout.metrics.firstIndex(of: MetricDescription.psnr.name)
    kept.withLock {
      $0[index] = Kept(superRes: image, psnr: psnr.map { row[layout.metricStart + $0] } ?? .nan)
    }
  }

  /// Measures pairs together.
  ///
  /// - Parameters:
  ///   - values: the row of each pair.
  ///   - receive: called with each pair, its super-resolved image and its row.
  private func measure(
    _ group: Range<Int>, on worker: Int, _ weights: StepWeights,
    values: (_ pair: Int) -> UnsafeMutablePointer<Double>,
    receive: (_ pair: Int, _ superRes: UnsafePointer<Float>, _ row: UnsafePointer<Double>) -> Void
  ) {
    workers[worker].validate(
      group.map { SampleIdentity(part, index: $0) },
      load: { pairs.load(index: $0.index, lowRes: $1, highRes: $2) }, weights: weights,
      metrics: run.validationMetrics, values: { values(group.lowerBound + $0) },
      receive: { position, superRes in
        let pair = group.lowerBound + position
        receive(pair, superRes, values(pair))
      })
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
  ///   - groupSize: the most images that a worker takes together.
  ///   - fill: called on the workers with some images, and the row of each image.
  func gatherRows(
    of share: Range<Int>, fields: Int, groupSize: Int = 1,
    fill:
      @escaping @Sendable (
        _ worker: Int, _ images: Range<Int>, _ row: (_ image: Int) -> UnsafeMutablePointer<Double>
      ) -> Void
  ) throws -> [[Double]] {
    let rows = SharedRows(rows: share.count, fields: fields)
    let groups = SampleGroups(share, workers: pool.count, largest: groupSize)
    try pool.forEach(0..<groups.count) { [activity] worker, group in
      if RunRequests.isStopPending { return }
      fill(worker, groups[group]) { rows.row($0 - share.lowerBound) }
      activity.mark()
    }
    activity.enter(.gathering)
    let all = try communicator.allGather(rows.elements).flatMap { $0 }
    return stride(from: 0, to: all.count, by: fields).map { Array(all[$0..<$0 + fields]) }
  }
}
