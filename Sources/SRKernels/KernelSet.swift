/// Every vector kernel, as one value: built for one CPU level and passed to whatever computes.
///
/// One file per family declares the requirements; `SRKernelsX86V3` (and `SRKernelsX86V4`, the same sources for
/// a higher CPU level) implements them as `VectorKernels`, one file per family again. Implementations are
/// single-threaded and keep no state: their results depend on their arguments alone, never on batch, thread or
/// rank counts.
///
/// Implementations check no arguments: they are compiled without checks. What a requirement asks of its arguments is
/// checked where shapes are made (``Convolution2DShape``, ``MaxPooling2DShape``) and by the layers, losses, metrics and
/// optimizers that call.
package protocol KernelSet:
  ConvolutionKernels, ElementwiseKernels, FeatureKernels, ImageLossKernels, OptimizerKernels, PeakKernels,
  PoolingKernels, Sendable
{
  /// The CPU level this set was compiled for, such as `x86-64-v4`.
  var levelName: String { get }
}
