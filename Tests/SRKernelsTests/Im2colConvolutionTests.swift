import SRKernelDispatch
import SRKernels
import SRTestSupport
import Testing

/// Convolutions of all other shapes, computed as matrix products, on every CPU level of this machine, against the definition
/// in double precision.
@Suite struct Im2colConvolutionTests {
  /// Shapes of AlexNet and SqueezeNet, in smaller images: strides, wide kernels, 1x1 kernels, any number of channels.
  static let shapes: [Convolution2DShape] = [
    shape(35, 43, 3, 64, kernel: 11, stride: 4, padding: 2),  // AlexNet conv1
    shape(7, 9, 64, 192, kernel: 5, padding: 2),  // AlexNet conv2
    shape(26, 31, 3, 64, kernel: 3, stride: 2, padding: 0),  // SqueezeNet conv1
    shape(9, 7, 64, 16, kernel: 1, padding: 0),  // SqueezeNet fire2 squeeze
    shape(5, 6, 512, 48, kernel: 1, padding: 0),  // SqueezeNet fire9 squeeze
    shape(3, 3, 128, 256, kernel: 1, padding: 0),
    shape(6, 5, 5, 7, kernel: 3, padding: 1),
    shape(1, 1, 2, 3, kernel: 3, padding: 1),
  ]

  private static func shape(
    _ height: Int, _ width: Int, _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Int
  ) -> Convolution2DShape {
    Convolution2DShape(
      inputHeight: height, inputWidth: width, inputChannels: inputs, outputChannels: outputs,
      kernelSize: kernel, stride: stride, padding: padding)
  }

  @Test(arguments: CPULevel.supported(), shapes)
  func agreesWithTheDefinition(level: CPULevel, shape: Convolution2DShape) {
    let kernel = level.kernels.makeConvolution2D(shape)
    #expect(kernel.algorithm == "im2col")
    let errors = ConvolutionTrial(shape, seed: 12).relativeErrors(of: kernel)
    #expect(errors.destination <= 2e-6)
    #expect(errors.gradientSource <= 2e-6)
    #expect(errors.gradientWeights <= 2e-6)
    #expect(errors.gradientBias <= 2e-6)
  }

  @Test(arguments: CPULevel.supported(), [shapes[0], shapes[3]])
  func activatesItsResult(level: CPULevel, shape: Convolution2DShape) {
    expectActivatesItsResult(level.kernels.makeConvolution2D(shape), ConvolutionTrial(shape, seed: 13))
  }

  @Test(arguments: CPULevel.supported(), [shapes[0], shapes[1], shapes[4]])
  func hasTheSameBitsOnEveryCall(level: CPULevel, shape: Convolution2DShape) {
    let trial = ConvolutionTrial(shape, seed: 14)
    expectSameBitsOnEveryCall(level.kernels, trial)
    expectSameBitsTogetherAsAlone(level.kernels, trial)
  }
}
