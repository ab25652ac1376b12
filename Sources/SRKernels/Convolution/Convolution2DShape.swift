/// Sizes of a 2-D convolution of one NHWC image (N = 1) with a square kernel and zero padding.
package struct Convolution2DShape: Sendable, Hashable, CustomStringConvertible {
  package var inputHeight: Int
  package var inputWidth: Int
  package var inputChannels: Int
  package var outputChannels: Int
  package var kernelSize: Int
  package var stride: Int
  package var padding: Int
  /// The factor f of PyTorch's `PixelShuffle(f)`, as which the destination is stored: with C = outputChannels / f^2 channels
  /// and f times the height and width. Output channel (f i + j) C + c is then channel c of the subpixel in row i and column j.
  /// 1 for a destination that is stored as it is.
  package var shuffleFactor: Int

  /// The factors of pixel shuffles that kernels store.
  package static let shuffleFactors = 2...3

  /// - Precondition: the kernel fits into the padded image. If the destination is shuffled, the convolution is 3x3 with
  ///   stride and padding 1, from a multiple of 16 channels to a multiple of 16 f^2, with f 2 or 3: kernels store no other one
  ///   shuffled.
  package init(
    inputHeight: Int, inputWidth: Int, inputChannels: Int, outputChannels: Int, kernelSize: Int,
    stride: Int = 1, padding: Int, shuffleFactor: Int = 1
  ) {
    precondition(
      min(inputHeight, inputWidth) > 0 && min(inputHeight, inputWidth) + 2 * padding >= kernelSize
        && stride > 0,
      "a kernel of \(kernelSize) with padding \(padding) and stride \(stride) does not fit \(inputHeight)x\(inputWidth)"
    )
    precondition(
      shuffleFactor == 1
        || (Self.shuffleFactors.contains(shuffleFactor) && kernelSize == 3 && stride == 1 && padding == 1
          && inputChannels % 16 == 0 && outputChannels % (16 * shuffleFactor * shuffleFactor) == 0),
      "no kernel stores a \(kernelSize)x\(kernelSize) convolution \(inputChannels)->\(outputChannels) shuffled by "
        + "\(shuffleFactor)"
    )
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding
    self.shuffleFactor = shuffleFactor
  }

  package var outputHeight: Int { (inputHeight + 2 * padding - kernelSize) / stride + 1 }
  package var outputWidth: Int { (inputWidth + 2 * padding - kernelSize) / stride + 1 }
  /// Floats of the source image.
  package var sourceCount: Int { inputHeight * inputWidth * inputChannels }
  /// Floats of the destination image.
  package var destinationCount: Int { outputHeight * outputWidth * outputChannels }
  /// Where an output channel of an output pixel lies in the destination.
  package func destinationIndex(row: Int, column: Int, channel: Int) -> Int {
    let factor = shuffleFactor
    let channels = outputChannels / (factor * factor)
    let subpixel = channel / channels
    let pixel =
      (factor * row + subpixel / factor) * factor * outputWidth + factor * column + subpixel % factor
    return pixel * channels + channel % channels
  }

  /// The rows of the source that rows of the destination depend on, without the padding.
  package func sourceRows(for rows: Range<Int>) -> Range<Int> {
    let first = max(0, rows.lowerBound * stride - padding)
    return first..<max(first, min(inputHeight, (rows.upperBound - 1) * stride - padding + kernelSize))
  }

  /// Floats of the weights, HWIO.
  package var weightCount: Int { kernelSize * kernelSize * inputChannels * outputChannels }
  /// Multiplications and additions of the direct method, forward.
  package var directFLOPs: Int { 2 * outputHeight * outputWidth * weightCount }

  /// Whether a kernel of this shape can read its source through a PReLU (``ConvolutionSource/slope``). This holds for 3x3 with
  /// stride and padding 1 between multiples of 16 channels, and for 9x9 with stride 1 and padding 4 from a multiple of 16
  /// channels to fewer, of which there are at most ``mostNarrowChannels``.
  ///
  /// Kernels of other shapes take no notice of a slope, and check nothing: whoever calls them asks here first.
  package var readsThroughPReLU: Bool {
    guard stride == 1, inputChannels % 16 == 0 else { return false }
    switch (kernelSize, padding) {
    case (3, 1): return outputChannels % 16 == 0
    case (9, 4): return outputChannels <= Self.mostNarrowChannels && outputChannels < inputChannels
    default: return false
    }
  }

  /// The most channels of an image that counts as narrow: the kernels of 9x9 convolutions between it and a wide one suit it.
  package static let mostNarrowChannels = 16

  package var description: String {
    "\(kernelSize)x\(kernelSize) \(inputChannels)->\(outputChannels) at \(inputHeight)x\(inputWidth)"
      + (stride == 1 ? "" : " stride \(stride)") + (shuffleFactor == 1 ? "" : " shuffled by \(shuffleFactor)")
  }
}
