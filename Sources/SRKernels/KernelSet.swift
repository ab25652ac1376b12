/// Every vector kernel, as one value. It is built for one CPU level, and passed to whatever computes.
///
/// The protocols declare the requirements, in folders by subject. `SRKernelsX86V3` implements them as `VectorKernels`, in
/// folders of the same names. `SRKernelsX86V4` is the same sources, compiled for a higher CPU level. Implementations are
/// single-threaded and keep no state. Their results depend on their arguments alone, never on batch, thread or rank counts, nor
/// on the CPU level: a level may choose how it goes through memory, but not in which order it adds.
///
/// Implementations check no arguments: they are compiled without checks. What a requirement asks of its arguments is
/// checked where shapes are made (``Convolution2DShape``, ``MaxPooling2DShape``) and by the layers, losses, metrics and
/// optimizers that call.
package protocol KernelSet:
  ConvolutionKernels, ElementwiseKernels, FeatureKernels, ImageLossKernels, LocalPoolingKernels,
  OptimizerKernels, PeakKernels,
  PoolingKernels, Sendable
{
  /// The CPU level this set was compiled for, such as `x86-64-v4`.
  var levelName: String { get }
}

/// The best that this CPU level can do. Benchmarks compare measured speeds with it.
package protocol PeakKernels {
  /// Runs `rounds` rounds of ``multiplyAddFLOPsPerRound`` operations on registers alone.
  ///
  /// - Returns: the sum of their results, so that the compiler can leave none out.
  func multiplyAdd(rounds: Int) -> Float
  /// Multiplications and additions of a round.
  var multiplyAddFLOPsPerRound: Int { get }
  /// Sum of `count` floats, read as fast as memory delivers them.
  func sum(_ values: UnsafePointer<Float>, count: Int) -> Float
}
