import SRData
import SRDistributed
import SRKernels
import SRMetrics
import SRTensor
import Synchronization

/// What plain bicubic upsampling reaches on a set of pairs: the number a model must beat.
struct BaselineEvaluation: Sendable {
  /// Decibels.
  let psnr: Double
  /// Gaussian window.
  let ssim: Double

  /// Deals the pairs to the ranks. Collective; every rank returns the same values.
  init(pairs: any PairDataset, communicator: Communicator, pool: WorkerPool, kernels: any KernelSet) throws {
    let baseline = BicubicBaseline(kernels: kernels)
    let resize = BicubicResize(
      fromWidth: pairs.lowResWidth, height: pairs.lowResHeight, toWidth: pairs.highResWidth,
      height: pairs.highResHeight)
    let share = ReductionTree.share(
      of: pairs.count, rank: communicator.rank, worldSize: communicator.worldSize)
    let values = SharedRows(rows: share.count, fields: 2)
    let next = Atomic(share.lowerBound)
    try pool.run { _ in
      let lowRes = AlignedBuffer(count: pairs.lowResElementCount)
      let highRes = AlignedBuffer(count: pairs.highResElementCount)
      let scratch = AlignedBuffer(
        count: baseline.scratchCount(height: pairs.highResHeight, width: pairs.highResWidth))
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < share.upperBound else { return }
        pairs.load(index: index, lowRes: lowRes.pointer, highRes: highRes.pointer)
        let upsampled = resize(pairs.lowResImage(at: index)).pixels
        let result = upsampled.withUnsafeBufferPointer {
          baseline.evaluate(
            upsampled: $0.baseAddress!, highRes: highRes.pointer, height: pairs.highResHeight,
            width: pairs.highResWidth, scratch: scratch.pointer)
        }
        let row = values.row(index - share.lowerBound)
        (row[0], row[1]) = (result.psnr, result.ssim)
      }
    }
    let all = try communicator.allGather(values.elements).flatMap { $0 }
    var (psnr, ssim) = (0.0, 0.0)
    for index in 0..<pairs.count {
      psnr += all[2 * index]
      ssim += all[2 * index + 1]
    }
    self.psnr = psnr / Double(pairs.count)
    self.ssim = ssim / Double(pairs.count)
  }
}
