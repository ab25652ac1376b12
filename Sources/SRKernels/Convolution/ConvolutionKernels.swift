/// Makes convolutions. The kernel set chooses the fastest algorithm for a shape.
package protocol ConvolutionKernels {
  func makeConvolution2D(_ shape: Convolution2DShape) -> any Convolution2DKernel
}

/// What a convolution reads: images that lie one after the other (N of NHWC), perhaps through a PReLU.
///
/// With a slope, the convolution is one of f(x) = x > 0 ? x : slope * x, where x are the pixels. Only x is stored: each pass
/// computes f(x) again as it reads x. This saves one pass over the image forward and one backward.
package struct ConvolutionSource {
  /// ``Convolution2DShape/sourceCount`` floats for each image.
  package var pixels: UnsafePointer<Float>
  package var images: Int
  /// The PReLU's slope; nil if the pixels are read as they are.
  package var slope: Float?

  package init(_ pixels: UnsafePointer<Float>, images: Int = 1, slope: Float? = nil) {
    self.pixels = pixels
    self.images = images
    self.slope = slope
  }
}

/// What a convolution does to its result: activation(bias + result).
package struct ConvolutionEpilogue {
  /// One value for each output channel.
  package var bias: UnsafePointer<Float>
  package var activation: ConvolutionActivation

  package init(bias: UnsafePointer<Float>, activation: ConvolutionActivation = .identity) {
    self.bias = bias
    self.activation = activation
  }
}

package enum ConvolutionActivation {
  case identity
  /// max(0, x)
  case relu
  /// x > 0 ? x : slopes[k] * x, with a slope for each output channel k, before any pixel shuffle. The bits are those of a pass
  /// of ``ElementwiseKernels/preluForward(source:slopes:destination:pixels:channels:)`` over the plain result.
  case prelu(slopes: UnsafePointer<Float>)
}

/// One convolution of a fixed shape. Weights are HWIO, images NHWC.
///
/// Weights are prepared once per step (for Winograd, transformed) and then used for every sample.
/// `scratch` holds at least ``scratchCount`` floats, is aligned to 64 bytes, and is private to the calling thread.
///
/// Kernels of one algorithm that differ only in height and width have the same form of prepared weights for the forward pass.
///
/// Each image gets the bits that it gets alone, however many images a pass takes. Several images share one reading of the
/// weights if these are large for an image. A source that is read through a PReLU gives the bits of the plain pass after
/// ``ElementwiseKernels/preluForward(source:slope:destination:count:)``, or before a pass of the PReLU's gradient.
///
/// - Precondition: a source has a slope only if the shape is one that ``Convolution2DShape/readsThroughPReLU``.
package protocol Convolution2DKernel: Sendable {
  var shape: Convolution2DShape { get }
  /// Such as `winograd F(4x4,3x3)` or `im2col`.
  var algorithm: String { get }
  /// Floats that ``prepareForward(weights:into:)`` writes.
  var preparedForwardCount: Int { get }
  /// Floats that ``prepareBackwardData(weights:into:)`` writes.
  var preparedBackwardDataCount: Int { get }
  /// Floats of scratch memory that any of the three passes needs.
  var scratchCount: Int { get }

  func prepareForward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>)
  func prepareBackwardData(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>)

  /// For each image, with f the source's PReLU (or the identity):
  ///
  ///     destination[y, x, k] = activation(bias[k] + sum over (i, j, c) of
  ///       f(source[y * stride + i - padding, x * stride + j - padding, c]) * weights[i, j, c, k])
  ///
  /// The shape says where (y, x, k) lies: ``Convolution2DShape/destinationIndex(row:column:channel:)``.
  func forward(
    _ source: ConvolutionSource, preparedWeights: UnsafePointer<Float>, epilogue: ConvolutionEpilogue,
    destination: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>)

  /// The forward pass of some rows begins at a multiple of this row.
  var rowStep: Int { get }
  /// Rows for which each part of the forward pass repeats work of its neighbour.
  var repeatedRows: Int { get }
  /// Floats of scratch memory that the forward pass needs.
  var forwardScratchCount: Int { get }

  /// Into how many parts threads best divide the forward pass of some rows.
  func forwardParts(rows: Range<Int>, threads: Int) -> Int

  /// One part of the forward pass of some rows of one image. All parts together write these rows of the destination, with the
  /// bits of the whole pass. Parts may run at the same time, each with its own scratch memory.
  ///
  /// - Parameters:
  ///   - source: `pixels` is where the whole image would begin. Only ``Convolution2DShape/sourceRows(for:)`` are read.
  ///   - rows: of the destination, before any shuffle. They begin at a multiple of ``rowStep``, and end at one or with the image.
  ///   - part: out of `parts`, any number of which make a whole.
  ///   - destination: where the whole image would begin. Only the rows are written.
  /// - Precondition: the source is one image.
  func forward(
    _ source: ConvolutionSource, rows: Range<Int>, part: Int, of parts: Int,
    preparedWeights: UnsafePointer<Float>, epilogue: ConvolutionEpilogue,
    destination: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>)

  /// Overwrites `gradientSource` with the gradient with respect to the source's pixels, given the gradient with respect to the
  /// destination (before the activation). Both hold as many images as the source.
  ///
  /// - Parameter source: its pixels are read only if it has a slope.
  /// - Returns: the gradient with respect to the slope, which is the sum over all images of the gradient with respect to
  ///   f(source) times the source where source <= 0; nil if the source has no slope.
  func backwardData(
    _ source: ConvolutionSource, gradientDestination: UnsafePointer<Float>,
    preparedWeights: UnsafePointer<Float>, gradientSource: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) -> Float?

  /// Overwrites `gradientWeights` (HWIO) and `gradientBias` with the gradients of one sample.
  ///
  /// - Precondition: the source is one image.
  func backwardWeights(
    _ source: ConvolutionSource, gradientDestination: UnsafePointer<Float>,
    gradientWeights: UnsafeMutablePointer<Float>, gradientBias: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>)
}
