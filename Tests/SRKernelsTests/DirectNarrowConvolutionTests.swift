import SRKernelDispatch
import SRKernels
import SRTestSupport
import Testing

/// Small convolutions with few channels, on every CPU level of this machine, against the definition in double precision.
@Suite struct DirectNarrowConvolutionTests {
  /// Rows of whole quadruples, rows that end within a quadruple, a single row, and each kernel size.
  static let shapes: [Convolution2DShape] = [
    (9, 13, 3, 64, 3), (1, 4, 3, 32, 3), (8, 16, 2, 96, 3), (5, 6, 1, 32, 5), (4, 7, 16, 32, 1),
    (9, 13, 1, 64, 3),
    (7, 11, 4, 64, 3), (6, 8, 5, 32, 3), (8, 9, 8, 64, 3),
  ].map { height, width, inputs, outputs, kernelSize in
    Convolution2DShape(
      inputHeight: height, inputWidth: width, inputChannels: inputs, outputChannels: outputs,
      kernelSize: kernelSize, padding: kernelSize / 2)
  }

  @Test(arguments: CPULevel.supported(), shapes)
  func agreesWithTheDefinition(level: CPULevel, shape: Convolution2DShape) {
    let kernel = level.kernels.makeConvolution2D(shape)
    #expect(kernel.algorithm == "direct")
    let errors = ConvolutionTrial(shape, seed: 6).relativeErrors(of: kernel)
    #expect(errors.destination <= 1e-6)
    #expect(errors.gradientSource <= 1e-6)
    #expect(errors.gradientWeights <= 1e-6)
    #expect(errors.gradientBias <= 1e-6)
  }

  @Test(arguments: CPULevel.supported())
  func activatesItsResult(level: CPULevel) {
    expectActivatesItsResult(
      level.kernels.makeConvolution2D(Self.shapes[0]), ConvolutionTrial(Self.shapes[0], seed: 7))
  }

  @Test(arguments: CPULevel.supported())
  func hasTheSameBitsOnEveryCall(level: CPULevel) {
    expectSameBitsOnEveryCall(level.kernels, ConvolutionTrial(Self.shapes[0], seed: 8))
    expectSameBitsTogetherAsAlone(level.kernels, ConvolutionTrial(Self.shapes[0], seed: 8))
  }
}
