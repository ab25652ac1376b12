import SRData
import SRDistributed
import SRKernels
import SRMetrics
import SRTensor

/// The metrics of plain bicubic upsampling on one part of the data: the numbers that a model must beat.
///
/// ``BicubicUpsampling`` says which filter it is.
struct BaselineEvaluation: Sendable {
  /// The mean of each of the model's metrics, by name.
  let metrics: [String: Double]
  private let names: [String]
  /// The metrics of each pair.
  private let rows: [[Double]]
  private let pairs: any PairDataset
  private let upsampling: BicubicUpsampling

  /// Measures all pairs, each on one of the ranks. Collective; every rank gets the same values.
  init(_ run: EvaluationContext, _ part: SampleIdentity.Part) throws {
    run.activity.enter(.validation)
    let pairs = run.pairs(of: part)
    let upsampling = BicubicUpsampling(pairs)
    let shape = ImageShape(
      height: pairs.highResHeight, width: pairs.highResWidth, channels: pairs.highResChannels)
    let (metrics, kernels) = (run.validationMetrics, run.kernels)
    let share = ReductionTree.share(
      of: pairs.count, rank: run.communicator.rank, worldSize: run.communicator.worldSize)
    let workers = (0..<run.pool.count).map { _ in
      Memory(pairs, scratchCount: metrics.scratchCount(shape, kernels: kernels))
    }
    let rows = try run.gatherRows(of: share, fields: metrics.count) { worker, images, row in
      let (index, memory) = (images.lowerBound, workers[worker])
      pairs.load(index: index, lowRes: memory.lowRes.pointer, highRes: memory.highRes.pointer)
      upsampling.run(index, lowRes: memory.lowRes.pointer, into: memory.upsampled.pointer)
      let pair = ImagePair(
        superRes: memory.upsampled.pointer, highRes: memory.highRes.pointer, shape: shape,
        lowRes: .init(memory.lowRes.pointer, scale: pairs.scale),
        identity: SampleIdentity(part, index: index))
      var measured = MeasuredPair(pair, scratch: memory.scratch.pointer, kernels: kernels)
      metrics.evaluate(&measured, into: row(index))
    }
    var means: [String: Double] = [:]
    for (field, metric) in metrics.enumerated() {
      means[metric.name] = rows.reduce(0.0) { $0 + $1[field] } / Double(rows.count)
    }
    self.metrics = means
    names = metrics.map(\.name)
    self.rows = rows
    self.pairs = pairs
    self.upsampling = upsampling
  }

  /// A metric of one upsampled image; NaN if there is no such metric.
  func value(of metric: String, at index: Int) -> Double {
    names.firstIndex(of: metric).map { rows[index][$0] } ?? .nan
  }

  /// One upsampled image.
  func image(at index: Int) -> RGBImage { upsampling.image(at: index) }

  /// One worker's memory.
  private struct Memory: Sendable {
    let lowRes: AlignedBuffer
    let highRes: AlignedBuffer
    let upsampled: AlignedBuffer
    let scratch: AlignedBuffer

    init(_ pairs: any PairDataset, scratchCount: Int) {
      lowRes = AlignedBuffer(count: pairs.lowResElementCount)
      highRes = AlignedBuffer(count: pairs.highResElementCount)
      upsampled = AlignedBuffer(count: pairs.highResElementCount)
      scratch = AlignedBuffer(count: scratchCount)
    }
  }
}
