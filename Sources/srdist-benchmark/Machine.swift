import SRKernels
import SRTensor

/// What one core of this machine does at best, measured at the start of a run.
struct Machine: Encodable {
  /// CPU level of the kernels.
  let level: String
  /// Multiplications and additions on registers, in 1e9 a second.
  let peakGFLOPs: Double
  /// Reads of a block far larger than any cache, in 1e9 bytes a second.
  let memoryGigabytesPerSecond: Double

  /// Floats of the block that is read: 256 MiB.
  private static let blockCount = 64 << 20

  init(measuring kernels: any KernelSet) {
    level = kernels.levelName
    // What the loops return is kept, so that they are not left out.
    var kept: Float = 0
    let rounds = 200_000
    let multiplying = Stopwatch.median(atLeast: 0.3) { kept += kernels.multiplyAdd(rounds: rounds) }
    peakGFLOPs = Double(rounds * kernels.multiplyAddFLOPsPerRound) / multiplying * 1e-9
    let block = AlignedBuffer(count: Self.blockCount)
    let reading = Stopwatch.median(atLeast: 0.3) { kept += kernels.sum(block.pointer, count: block.count) }
    memoryGigabytesPerSecond =
      Double(block.count * MemoryLayout<Float>.stride) / reading * 1e-9
    precondition(kept.isFinite, "the measuring loops returned \(kept)")
  }
}
