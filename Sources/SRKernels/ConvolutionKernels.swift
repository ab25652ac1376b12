/// Makes convolutions; the fastest algorithm for a shape is the kernel set's choice.
package protocol ConvolutionKernels {
  func makeConvolution2D(_ shape: Convolution2DShape) -> any Convolution2DKernel

  /// - Precondition: ``Convolution2DShape/readsThroughPReLU``.
  func makePReLUConvolution2D(_ shape: Convolution2DShape) -> any PReLUConvolution2DKernel
}

/// Sizes of a 2-D convolution of one NHWC image (N = 1) with a square kernel and zero padding.
package struct Convolution2DShape: Sendable, Hashable, CustomStringConvertible {
  package var inputHeight: Int
  package var inputWidth: Int
  package var inputChannels: Int
  package var outputChannels: Int
  package var kernelSize: Int
  package var stride: Int
  package var padding: Int
  /// Whether the destination is stored as PyTorch's `PixelShuffle(2)` of it: of C = outputChannels / 4 channels and twice
  /// the height and width. Output channel (2 i + j) C + c is then channel c of the subpixel in row i and column j.
  package var shufflesPixels: Bool

  /// - Precondition: the kernel fits into the padded image. Where the destination is shuffled, the convolution is 3x3 with
  ///   stride and padding 1, of a multiple of 16 channels to a multiple of 64: kernels store no other one so.
  package init(
    inputHeight: Int, inputWidth: Int, inputChannels: Int, outputChannels: Int, kernelSize: Int,
    stride: Int = 1, padding: Int, shufflesPixels: Bool = false
  ) {
    precondition(
      min(inputHeight, inputWidth) > 0 && min(inputHeight, inputWidth) + 2 * padding >= kernelSize
        && stride > 0,
      "a kernel of \(kernelSize) with padding \(padding) and stride \(stride) does not fit \(inputHeight)x\(inputWidth)"
    )
    precondition(
      !shufflesPixels
        || (kernelSize == 3 && stride == 1 && padding == 1 && inputChannels % 16 == 0
          && outputChannels % 64 == 0),
      "no kernel stores a \(kernelSize)x\(kernelSize) convolution \(inputChannels)->\(outputChannels) shuffled"
    )
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding
    self.shufflesPixels = shufflesPixels
  }

  package var outputHeight: Int { (inputHeight + 2 * padding - kernelSize) / stride + 1 }
  package var outputWidth: Int { (inputWidth + 2 * padding - kernelSize) / stride + 1 }
  /// Floats of the source image.
  package var sourceCount: Int { inputHeight * inputWidth * inputChannels }
  /// Floats of the destination image.
  package var destinationCount: Int { outputHeight * outputWidth * outputChannels }
  /// Where an output channel of an output pixel lies in the destination.
  package func destinationIndex(row: Int, column: Int, channel: Int) -> Int {
    guard shufflesPixels else { return (row * outputWidth + column) * outputChannels + channel }
    let channels = outputChannels / 4
    let subpixel = channel / channels
    let pixel = (2 * row + subpixel / 2) * 2 * outputWidth + 2 * column + subpixel % 2
    return pixel * channels + channel % channels
  }

  /// Floats of the weights, HWIO.
  package var weightCount: Int { kernelSize * kernelSize * inputChannels * outputChannels }
  /// Multiplications and additions of the direct method, forward.
  package var directFLOPs: Int { 2 * outputHeight * outputWidth * weightCount }

  package var description: String {
    "\(kernelSize)x\(kernelSize) \(inputChannels)->\(outputChannels) at \(inputHeight)x\(inputWidth)"
      + (stride == 1 ? "" : " stride \(stride)") + (shufflesPixels ? " shuffled" : "")
  }
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
