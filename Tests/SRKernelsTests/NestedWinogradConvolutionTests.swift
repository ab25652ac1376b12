import SRKernelDispatch
import SRKernels
import SRTestSupport
import Testing

/// The 9 x 9 convolutions to and from few channels, on every CPU level of this machine, against the definition in double
/// precision.
@Suite struct NestedWinogradConvolutionTests {
  /// Sizes with whole tiles and with cut tiles, fewer pixels than the kernel, rows of several blocks, and each number of few
  /// channels.
  static let shapes: [Convolution2DShape] = [
    (13, 10, 32, 3), (11, 150, 3, 16), (2, 2, 48, 1), (1, 1, 3, 16), (18, 27, 64, 3), (16, 15, 3, 64),
    (7, 20, 64, 2), (12, 17, 64, 1), (12, 17, 1, 64), (9, 150, 4, 32), (9, 150, 32, 4), (10, 13, 64, 5),
    (11, 12, 6, 48), (14, 19, 8, 64), (14, 19, 64, 8), (8, 9, 16, 16), (10, 11, 48, 16), (7, 10, 64, 13),
  ].map { height, width, inputs, outputs in
    Convolution2DShape(
      inputHeight: height, inputWidth: width, inputChannels: inputs, outputChannels: outputs,
      kernelSize: 9, padding: 4)
  }

  @Test(arguments: CPULevel.supported(), shapes)
  func agreesWithTheDefinition(level: CPULevel, shape: Convolution2DShape) {
    let kernel = level.kernels.makeConvolution2D(shape)
    #expect(kernel.algorithm.hasPrefix("nested winograd"))
    let errors = ConvolutionTrial(shape, seed: 3).relativeErrors(of: kernel)
    #expect(errors.destination <= 1e-5)
    #expect(errors.gradientSource <= 1e-5)
    #expect(errors.gradientWeights <= 1e-5)
    #expect(errors.gradientBias <= 1e-5)
  }

  @Test(arguments: CPULevel.supported(), [shapes[0], shapes[5]])
  func activatesItsResult(level: CPULevel, shape: Convolution2DShape) {
    expectActivatesItsResult(level.kernels.makeConvolution2D(shape), ConvolutionTrial(shape, seed: 4))
  }

  @Test(arguments: CPULevel.supported(), [shapes[0], shapes[1]])
  func hasTheSameBitsOnEveryCall(level: CPULevel, shape: Convolution2DShape) {
    expectSameBitsOnEveryCall(level.kernels, ConvolutionTrial(shape, seed: 5))
    expectSameBitsTogetherAsAlone(level.kernels, ConvolutionTrial(shape, seed: 5))
  }
}
