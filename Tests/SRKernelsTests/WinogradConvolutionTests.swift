import SRKernelDispatch
import SRKernels
import SRTestSupport
import Testing

/// 3 x 3 convolutions of stride 1, on every CPU level of this machine, against the definition in double precision.
@Suite struct WinogradConvolutionTests {
  /// Sizes with whole tiles and with cut tiles, fewer pixels than a tile, channels from one vector up, and both panel widths.
  static let shapes: [Convolution2DShape] = [
    (16, 20, 64, 64), (13, 22, 64, 256), (1, 1, 16, 16), (2, 5, 32, 16), (7, 9, 16, 48),
    (12, 1, 48, 80), (40, 36, 64, 64), (3, 5, 512, 512), (30, 18, 96, 32), (8, 8, 32, 64), (7, 6, 48, 16),
    (14, 14, 16, 32),
  ].map { height, width, inputs, outputs in
    Convolution2DShape(
      inputHeight: height, inputWidth: width, inputChannels: inputs, outputChannels: outputs,
      kernelSize: 3, padding: 1)
  }

  /// Destinations are stored as PyTorch's pixel shuffle of them, by 2 or 3. Subpixels have one vector, or more than a panel.
  static let shuffledShapes: [Convolution2DShape] = [
    (8, 12, 16, 64, 2), (16, 16, 32, 128, 2), (13, 22, 64, 256, 2), (31, 29, 16, 192, 2), (8, 9, 16, 144, 3),
    (1, 1, 16, 144, 3), (17, 32, 64, 576, 3), (13, 22, 32, 432, 3),
  ].map { height, width, inputs, outputs, factor in
    Convolution2DShape(
      inputHeight: height, inputWidth: width, inputChannels: inputs, outputChannels: outputs,
      kernelSize: 3, padding: 1, shuffleFactor: factor)
  }

  @Test(arguments: CPULevel.supported(), shapes + shuffledShapes)
  func agreesWithTheDefinition(level: CPULevel, shape: Convolution2DShape) {
    let kernel = level.kernels.makeConvolution2D(shape)
    #expect(kernel.algorithm.hasPrefix("winograd"))
    let errors = ConvolutionTrial(shape, seed: 7).relativeErrors(of: kernel)
    #expect(errors.destination <= 2e-5)
    // 576 channels are added up by the gradient of an upsampling by three.
    #expect(errors.gradientSource <= (shape.outputChannels > 512 ? 4e-5 : 2e-5))
    #expect(errors.gradientWeights <= 1e-4)
    #expect(errors.gradientBias <= 1e-5)
  }

  /// 32 pixels are eight whole tiles of 4, or six tiles of 6 that reach beyond the edge. 64 pixels are sixteen tiles of 4, or
  /// eleven of 6. With 8 pixels, the weights take more time than the pixels.
  @Test(arguments: [(8, "winograd F(2x2,3x3)"), (32, "winograd F(4x4,3x3)"), (64, "winograd F(6x6,3x3)")])
  func takesTheTileThatTakesTheLeastTime(size: Int, algorithm: String) throws {
    let shape = Convolution2DShape(
      inputHeight: size, inputWidth: size, inputChannels: 64, outputChannels: 64, kernelSize: 3,
      padding: 1)
    let level = try #require(CPULevel.supported().last)
    #expect(level.kernels.makeConvolution2D(shape).algorithm == algorithm)
  }

  @Test(arguments: CPULevel.supported(), shapes + shuffledShapes)
  func givesImagesTheSameBitsTogetherAsAlone(level: CPULevel, shape: Convolution2DShape) {
    expectSameBitsTogetherAsAlone(level.kernels, ConvolutionTrial(shape, seed: 11))
  }

  /// PyTorch's `PixelShuffle(f)` takes channel f^2 c + f i + j of pixel (y, x) to channel c of pixel (f y + i, f x + j).
  @Test(arguments: [2, 3]) func storesThePixelShuffle(factor: Int) {
    let shape = Convolution2DShape(
      inputHeight: 5, inputWidth: 7, inputChannels: 16, outputChannels: 16 * factor * factor, kernelSize: 3,
      padding: 1, shuffleFactor: factor)
    let last = factor - 1
    for (y, x, c, i, j) in [(0, 0, 0, 0, 0), (2, 3, 5, 0, 1), (4, 6, 15, last, 0), (1, 4, 9, 1, last)] {
      #expect(
        shape.destinationIndex(row: y, column: x, channel: (factor * i + j) * 16 + c)
          == ((factor * y + i) * 7 * factor + factor * x + j) * 16 + c)
    }
  }

  @Test(
    arguments: CPULevel.supported(),
    [shapes[1], shapes[6], shuffledShapes[2], shuffledShapes[3], shuffledShapes[7]])
  func activatesItsResult(level: CPULevel, shape: Convolution2DShape) {
    expectActivatesItsResult(level.kernels.makeConvolution2D(shape), ConvolutionTrial(shape, seed: 8))
  }

  @Test(arguments: CPULevel.supported())
  func hasTheSameBitsOnEveryCall(level: CPULevel) {
    expectSameBitsOnEveryCall(level.kernels, ConvolutionTrial(Self.shapes[6], seed: 9))
  }
}
