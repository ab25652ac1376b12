import SRKernelDispatch
import SRKernels
import SRTestSupport
import Testing

/// Convolutions that read their source through a PReLU, on every CPU level of this machine. They give the same bits as
/// separate passes for the PReLU and the convolution.
@Suite struct PReLUConvolutionTests {
  /// Whole and cut tiles of each size, several blocks, results stored shuffled or not, and 9 x 9 convolutions to each number of
  /// few channels.
  static let shapes: [Convolution2DShape] = [
    (16, 20, 64, 64, 1), (13, 22, 64, 32, 1), (1, 1, 16, 16, 1), (2, 5, 32, 16, 1), (8, 8, 32, 64, 1),
    (40, 36, 64, 64, 1), (13, 22, 64, 256, 2), (31, 29, 16, 64, 2), (13, 10, 32, 3, 1), (2, 2, 48, 1, 1),
    (18, 150, 64, 3, 1), (7, 20, 64, 2, 1), (10, 17, 64, 4, 1), (9, 8, 32, 8, 1),
    (13, 11, 32, 288, 3), (9, 7, 16, 144, 3),
  ].map { height, width, inputs, outputs, factor in
    let kernel = outputs < 16 ? 9 : 3
    return Convolution2DShape(
      inputHeight: height, inputWidth: width, inputChannels: inputs, outputChannels: outputs,
      kernelSize: kernel,
      padding: kernel / 2, shuffleFactor: factor)
  }

  @Test(arguments: CPULevel.supported(), shapes)
  func hasTheBitsOfPassesApart(level: CPULevel, shape: Convolution2DShape) throws {
    #expect(shape.readsThroughPReLU)
    for slope: Float in [0.25, -0.5, 0, 1.5] {
      let kernel = level.kernels.makeConvolution2D(shape)
      let trial = ConvolutionTrial(shape, slope: slope, seed: 21)
      let (inOne, apart) = (trial.run(kernel), trial.runApart(kernel))
      #expect(inOne.data.destination == apart.data.destination)
      #expect(inOne.data.gradientSource == apart.data.gradientSource)
      #expect(inOne.gradientWeights == apart.gradientWeights)
      #expect(inOne.gradientBias == apart.gradientBias)
      let slopes = (try #require(inOne.data.gradientSlope), try #require(apart.data.gradientSlope))
      // This is a sum of thousands of terms in another order, and some of them cancel.
      let size = (Float(shape.sourceCount).squareRoot() + 1) * (apart.data.gradientSource.map(abs).max() ?? 0)
      #expect(abs(slopes.0 - slopes.1) <= 1e-5 * size)
      #expect(slopes.1 != 0)
    }
  }

  @Test(arguments: CPULevel.supported(), [shapes[1], shapes[6], shapes[10]])
  func hasTheSameBitsOnEveryCall(level: CPULevel, shape: Convolution2DShape) {
    expectSameBitsOnEveryCall(level.kernels, ConvolutionTrial(shape, slope: 0.25, seed: 22))
  }

  @Test(arguments: CPULevel.supported(), shapes)
  func givesImagesTheSameBitsTogetherAsAlone(level: CPULevel, shape: Convolution2DShape) {
    expectSameBitsTogetherAsAlone(level.kernels, ConvolutionTrial(shape, slope: 0.25, seed: 23))
  }

  @Test(arguments: CPULevel.supported(), [shapes[1], shapes[10]])
  func activatesItsResult(level: CPULevel, shape: Convolution2DShape) {
    expectActivatesItsResult(
      level.kernels.makeConvolution2D(shape), ConvolutionTrial(shape, slope: 0.25, seed: 24))
  }

  @Test func otherShapesAreKnown() {
    func shape(_ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1) -> Convolution2DShape {
      Convolution2DShape(
        inputHeight: 9, inputWidth: 9, inputChannels: inputs, outputChannels: outputs, kernelSize: kernel,
        stride: stride, padding: kernel / 2)
    }
    for other in [
      shape(3, 64, kernel: 9), shape(64, 17, kernel: 9), shape(16, 16, kernel: 9), shape(3, 64, kernel: 3),
      shape(64, 3, kernel: 3),
      shape(64, 64, kernel: 3, stride: 2), shape(64, 64, kernel: 1), shape(64, 64, kernel: 5),
    ] {
      #expect(!other.readsThroughPReLU)
    }
  }
}
