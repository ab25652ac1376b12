import SRKernels
import SRTensor

/// The most that one core of this machine achieves, measured at the start of a run.
struct Machine: Encodable {
  /// CPU level of the kernels.
  let level: String
  /// Multiplications and additions on registers, in 1e9 per second.
  let peakGFLOPs: Double
  /// Reads of a block far larger than any cache, in 1e9 bytes per second.
  let memoryGigabytesPerSecond: Double

  /// The floats of the block that is read: 256 MiB.
  private static let blockCount = 64 << 20

  init(measuring kernels: any KernelSet) {
    level = kernels.levelName
    // The loops' results are used. Otherwise the compiler would leave the loops out.
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
