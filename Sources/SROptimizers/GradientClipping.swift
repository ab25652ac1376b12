import SRKernels
import SRTensor

/// Scales a gradient down whose Euclidean norm is above a limit, as `torch.nn.utils.clip_grad_norm_` does:
///
///     g *= min(1, limit / (norm + 1e-6))
///
/// The norm is that of all parameters together. Its square is summed in blocks of a fixed size, and the blocks in their order. So
/// it has the same bits on any number of threads and ranks.
///
/// Pascanu, Mikolov, Bengio: "On the difficulty of training recurrent neural networks" (2013).
package struct GradientClipping: Sendable {
  package let limit: Double
  private let kernels: any KernelSet

  /// Floats of a block; whole cache lines.
  private static let block = 1 << 16

  package init(limit: Double, kernels: any KernelSet) {
    precondition(limit > 0, "a gradient's norm is limited to \(limit)")
    self.limit = limit
    self.kernels = kernels
  }

  /// Blocks of an arena.
  package func blockCount(_ gradients: ParameterArena) -> Int {
    (gradients.count + Self.block - 1) / Self.block
  }

  /// The sum of the squares of one block. Several threads may take different blocks.
  package func sumOfSquares(block: Int, of gradients: ParameterArena) -> Double {
    let first = block * Self.block
    return kernels.sumOfSquares(
      gradients.pointer + first, count: min(Self.block, gradients.count - first))
  }

  /// The factor of a gradient whose blocks have these sums; nil if the gradient stays as it is.
  package func factor(_ sums: [Double]) -> Float? {
    let norm = sums.reduce(0, +).squareRoot()
    let factor = limit / (norm + 1e-6)
    return factor < 1 ? Float(factor) : nil
  }

  /// Scales one range of the gradient.
  ///
  /// - Precondition: the range consists of whole cache lines of 16 floats.
  package func scale(_ gradients: ParameterArena, by factor: Float, range: Range<Int>) {
    precondition(range.isWholeCacheLines, "a clipped gradient has whole cache lines, not \(range)")
    kernels.scale(gradients.pointer + range.lowerBound, by: factor, count: range.count)
  }
}
