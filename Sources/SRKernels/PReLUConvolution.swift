/// A convolution of PReLU(source), f(x) = x > 0 ? x : slope * x. What is stored is the source; f of it is made anew as it is
/// read, which saves a pass over the image there and back.
///
/// Weights are prepared as for the plain convolution, and each pass has the bits that the plain one has after a pass of
/// ``ElementwiseKernels/preluForward(source:slope:destination:count:)`` or before one of its gradient.
package protocol PReLUConvolution2DKernel: Convolution2DKernel {
  /// destination = bias + f(source) convolved with the weights
  func forward(
    source: UnsafePointer<Float>, slope: Float, preparedWeights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, destination: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  )

  /// Overwrites `gradientSource` with the gradient by the source, given that by the destination, and returns the gradient by
  /// the slope, the sum of the gradient by f(source) * source where source <= 0.
  func backwardData(
    source: UnsafePointer<Float>, slope: Float, gradientDestination: UnsafePointer<Float>,
    preparedWeights: UnsafePointer<Float>, gradientSource: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) -> Float

  /// Overwrites `gradientWeights` (HWIO) and `gradientBias` with this sample's gradients.
  func backwardWeights(
    source: UnsafePointer<Float>, slope: Float, gradientDestination: UnsafePointer<Float>,
    gradientWeights: UnsafeMutablePointer<Float>, gradientBias: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>)
}

extension Convolution2DShape {
  /// Whether a kernel reads this shape's source through a PReLU: 3x3 with stride and padding 1 between multiples of 16
  /// channels, or 9x9 with stride 1 and padding 4 from a multiple of 16 to at most 3.
  package var readsThroughPReLU: Bool {
    guard stride == 1, inputChannels % 16 == 0 else { return false }
    switch (kernelSize, padding) {
    case (3, 1): return outputChannels % 16 == 0
    case (9, 4): return outputChannels <= 3
    default: return false
    }
  }
}
