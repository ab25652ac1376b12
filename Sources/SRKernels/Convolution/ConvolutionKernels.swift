/// Makes convolutions; the fastest algorithm for a shape is the kernel set's choice.
package protocol ConvolutionKernels {
  func makeConvolution2D(_ shape: Convolution2DShape) -> any Convolution2DKernel

  /// - Precondition: ``Convolution2DShape/readsThroughPReLU``.
  func makePReLUConvolution2D(_ shape: Convolution2DShape) -> any PReLUConvolution2DKernel
}

/// What a convolution applies to its result as it stores it.
package enum ConvolutionActivation: Sendable {
  case identity
  /// max(0, x)
  case relu
}

/// One convolution of a fixed shape: weights are HWIO, images NHWC with N = 1.
///
/// Weights are prepared once per step (for Winograd, transformed) and then used for every sample.
/// `scratch` holds at least ``scratchCount`` floats, 64-byte aligned, private to the calling thread.
package protocol Convolution2DKernel: Sendable {
  var shape: Convolution2DShape { get }
  /// Such as `winograd F(4x4,3x3)` or `im2col + sgemm`.
  var algorithm: String { get }
  /// Floats that ``prepareForward(weights:into:)`` writes.
  var preparedForwardCount: Int { get }
  /// Floats that ``prepareBackwardData(weights:into:)`` writes.
  var preparedBackwardDataCount: Int { get }
  /// Floats of scratch memory that any of the three passes needs.
  var scratchCount: Int { get }

  func prepareForward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>)
  func prepareBackwardData(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>)

  /// destination[y, x, k] = activation(bias[k] + sum over (i, j, c) of
  /// source[y * stride + i - padding, x * stride + j - padding, c] * weights[i, j, c, k]), where the shape's
  /// ``Convolution2DShape/destinationIndex(row:column:channel:)`` says.
  func forward(
    source: UnsafePointer<Float>, preparedWeights: UnsafePointer<Float>, bias: UnsafePointer<Float>,
    activation: ConvolutionActivation, destination: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>)

  /// ``forward(source:preparedWeights:bias:activation:destination:scratch:)`` of several images that lie one after the
  /// other (N of NHWC). Each gets the bits that it gets alone; weights that are large for the image are read once for all.
  func forward(
    images: Int, source: UnsafePointer<Float>, preparedWeights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, activation: ConvolutionActivation,
    destination: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>)

  /// Overwrites `gradientSource` with the gradient by the source, given that by the destination (before the
  /// activation).
  func backwardData(
    gradientDestination: UnsafePointer<Float>, preparedWeights: UnsafePointer<Float>,
    gradientSource: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>)

  /// ``backwardData(gradientDestination:preparedWeights:gradientSource:scratch:)`` of several images that lie one after
  /// the other, as in the forward pass.
  func backwardData(
    images: Int, gradientDestination: UnsafePointer<Float>, preparedWeights: UnsafePointer<Float>,
    gradientSource: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>)

  /// Overwrites `gradientWeights` (HWIO) and `gradientBias` with this sample's gradients.
  func backwardWeights(
    source: UnsafePointer<Float>, gradientDestination: UnsafePointer<Float>,
    gradientWeights: UnsafeMutablePointer<Float>, gradientBias: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>)
}

extension Convolution2DKernel {
  package func forward(
    images: Int, source: UnsafePointer<Float>, preparedWeights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, activation: ConvolutionActivation,
    destination: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    for image in 0..<images {
      forward(
        source: source + image * shape.sourceCount, preparedWeights: preparedWeights, bias: bias,
        activation: activation, destination: destination + image * shape.destinationCount,
        scratch: scratch)
    }
  }

  package func backwardData(
    images: Int, gradientDestination: UnsafePointer<Float>, preparedWeights: UnsafePointer<Float>,
    gradientSource: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    for image in 0..<images {
      backwardData(
        gradientDestination: gradientDestination + image * shape.destinationCount,
        preparedWeights: preparedWeights, gradientSource: gradientSource + image * shape.sourceCount,
        scratch: scratch)
    }
  }
}
