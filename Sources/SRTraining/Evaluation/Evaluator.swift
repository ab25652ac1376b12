import SRData
import SRDistributed
import SRKernels
import SRMetrics
import SRReport
import SRTensor
import Synchronization

/// Loss terms and metrics over a set of pairs, dealt to the ranks or computed by rank 0 alone: same bits.
final class Evaluator: Sendable {
  let pairs: any PairDataset
  let layout: SampleValueLayout
  private let communicator: Communicator
  private let activity: RankActivity
  private let isDealt: Bool
  private let metrics: ImageMetrics
  private let pool: WorkerPool
  private let workers: [SampleWorker]

  init(_ run: RunContext, pairs: any PairDataset) {
    self.pairs = pairs
    communicator = run.communicator
    activity = run.activity
    isDealt = run.configuration.validation == .dealt
    metrics = run.validationMetrics
    layout = SampleValueLayout(terms: run.loss.names, metrics: run.validationMetrics.names)
    pool = run.pool
    workers = run.workers
  }

  /// Evaluates all pairs. Collective; every rank returns the same sums.
  func run(_ weights: StepWeights) throws -> ValueSums {
    activity.enter(.validation)
    try weights.prepare(forBackward: false, on: pool)
    var share = 0..<pairs.count
    if isDealt {
      share = ReductionTree.share(
        of: pairs.count, rank: communicator.rank, worldSize: communicator.worldSize)
    } else if communicator.rank != 0 {
      share = 0..<0
    }
    let values = SharedRows(rows: share.count, fields: layout.count)
    let next = Atomic(share.lowerBound)
    try pool.run { [self, share] worker in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < share.upperBound else { return }
        workers[worker].validate(
          load: { pairs.load(index: index, lowRes: $0, highRes: $1) }, weights: weights,
          metrics: metrics, values: values.row(index - share.lowerBound))
        activity.mark()
      }
    }
    activity.enter(.gathering)
    // Shares are contiguous and in rank order: the concatenation is in sample order.
    let all = try communicator.allGather(values.elements).flatMap { $0 }
    var sums = ValueSums(layout: layout)
    for first in stride(from: 0, to: all.count, by: layout.count) {
      sums.add(Array(all[first..<first + layout.count]))
    }
    return sums
  }

  /// The first `count` pairs with their super-resolved and bicubic images. Not collective; `weights` are prepared.
  func samples(_ count: Int, weights: StepWeights) -> [SampleGrid.Sample] {
    let resize = BicubicResize(
      fromWidth: pairs.lowResWidth, height: pairs.lowResHeight, toWidth: pairs.highResWidth,
      height: pairs.highResHeight)
    return (0..<min(count, pairs.count)).map { index in
      let values = SharedRows(rows: 1, fields: layout.count)
      let superRes = workers[0].validate(
        load: { pairs.load(index: index, lowRes: $0, highRes: $1) }, weights: weights, metrics: metrics,
        values: values.row(0))
      let lowRes = pairs.lowResImage(at: index)
      let highRes = pairs.highResImage(at: index)
      let bicubic = resize(lowRes)
      return SampleGrid.Sample(
        lowRes: lowRes, bicubic: bicubic,
        superRes: RGBImage(
          intensities: UnsafeBufferPointer(start: superRes, count: pairs.highResElementCount),
          width: pairs.highResWidth, height: pairs.highResHeight),
        highRes: highRes, bicubicPSNR: psnr(bicubic, highRes), superResPSNR: values.row(0)[layout.metricStart]
      )
    }
  }
}

/// Decibels between two 8-bit images.
private func psnr(_ image: RGBImage, _ target: RGBImage) -> Double {
  let squares = zip(image.pixels, target.pixels).reduce(0.0) {
    let difference = (Double($1.0) - Double($1.1)) / 255
    return $0 + difference * difference
  }
  return PSNR.decibels(meanSquaredError: squares / Double(target.pixels.count))
}
