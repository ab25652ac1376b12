import SRData
import SRDistributed
import SRTensor
import Synchronization

/// What plain bicubic upsampling reaches on a set of pairs: the numbers a model must beat.
struct BaselineEvaluation: Sendable {
  /// By name: every metric that the model is measured by, of the upsampled image as an image library gives it (uint8).
  let metrics: [String: Double]

  /// Deals the pairs to the ranks. Collective; every rank returns the same values.
  init(pairs: any PairDataset, metrics: ImageMetrics, run: RunContext) throws {
    let communicator = run.communicator
    run.activity.enter(.validation)
    let (height, width) = (pairs.highResHeight, pairs.highResWidth)
    let resize = BicubicResize(
      fromWidth: pairs.lowResWidth, height: pairs.lowResHeight, toWidth: width, height: height)
    let names = metrics.names
    let share = ReductionTree.share(
      of: pairs.count, rank: communicator.rank, worldSize: communicator.worldSize)
    let values = SharedRows(rows: share.count, fields: names.count)
    let next = Atomic(share.lowerBound)
    try run.pool.run { [activity = run.activity] _ in
      let lowRes = AlignedBuffer(count: pairs.lowResElementCount)
      let highRes = AlignedBuffer(count: pairs.highResElementCount)
      let upsampled = AlignedBuffer(count: pairs.highResElementCount)
      let scratch = AlignedBuffer(count: metrics.scratchCount(height: height, width: width))
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < share.upperBound else { return }
        pairs.load(index: index, lowRes: lowRes.pointer, highRes: highRes.pointer)
        for (position, byte) in resize(pairs.lowResImage(at: index)).pixels.enumerated() {
          upsampled.pointer[position] = Float(byte) / 255
        }
        metrics.evaluate(
          superRes: upsampled.pointer, highRes: highRes.pointer, height: height, width: width,
          knownSSIM: nil, scratch: scratch.pointer, into: values.row(index - share.lowerBound))
        activity.mark()
      }
    }
    run.activity.enter(.gathering)
    let all = try communicator.allGather(values.elements).flatMap { $0 }
    var means: [String: Double] = [:]
    for (field, name) in names.enumerated() {
      let sum = (0..<pairs.count).reduce(0.0) { $0 + all[$1 * names.count + field] }
      means[name] = sum / Double(pairs.count)
    }
    self.metrics = means
  }
}
