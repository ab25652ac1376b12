import SRKernels
import Testing

/// The definitions of the gradients, in double precision, against those of the forward passes.
@Suite struct ReferenceTests {
  /// A convolution without bias is linear in the source and in the weights: <conv(x, w), g> equals <x, data(g, w)> and
  /// <w, weights(x, g)>. A bias adds <b, bias(g)>.
  @Test(arguments: [
    Convolution2DShape(
      inputHeight: 7, inputWidth: 9, inputChannels: 3, outputChannels: 5, kernelSize: 5, stride: 2, padding: 1
    ),
    Convolution2DShape(
      inputHeight: 4, inputWidth: 3, inputChannels: 16, outputChannels: 64, kernelSize: 3, padding: 1,
      shuffleFactor: 2),
    Convolution2DShape(
      inputHeight: 3, inputWidth: 4, inputChannels: 16, outputChannels: 144, kernelSize: 3, padding: 1,
      shuffleFactor: 3),
  ])
  func convolutionsAreAdjoint(shape: Convolution2DShape) {
    var operands = KernelOperands(seed: 9)
    let source = doubles(operands.uniform(shape.sourceCount))
    let weights = doubles(operands.uniform(shape.weightCount))
    let bias = doubles(operands.uniform(shape.outputChannels))
    let gradient = doubles(operands.uniform(shape.destinationCount))
    func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    let byWeights = Reference.convolution2DBackwardWeights(
      shape, source: source, gradientDestination: gradient)
    let forward = product(
      Reference.convolution2DForward(shape, source: source, weights: weights, bias: bias), gradient)
    let ofBias = product(bias, byWeights.bias)
    let bySource = Reference.convolution2DBackwardData(
      shape, source: source, gradientDestination: gradient, weights: weights
    ).source
    #expect(abs(product(source, bySource) + ofBias - forward) <= 1e-9)
    #expect(abs(product(weights, byWeights.weights) + ofBias - forward) <= 1e-9)
  }

  /// Two-point central differences. The operation is linear on either side of zero, and no element is near zero.
  @Test func preluAgreesWithFiniteDifferences() {
    let source = [-1.5, -0.25, 0.25, 2]
    let gradient = [0.5, -2, 3, 1]
    func value(_ source: [Double], _ slope: Double) -> Double {
      zip(Reference.preluForward(source: source, slope: slope), gradient).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let found = Reference.preluBackward(source: source, slope: 0.25, gradientDestination: gradient)
    for index in source.indices {
      var (up, down) = (source, source)
      up[index] += 0.125
      down[index] -= 0.125
      #expect(abs((value(up, 0.25) - value(down, 0.25)) / 0.25 - found.source[index]) <= 1e-12)
    }
    #expect(abs((value(source, 0.5) - value(source, 0)) / 0.5 - found.slope) <= 1e-12)
  }

  /// With zero moments and beta1 = beta2 = 0.5, g = 2 moves the parameter by 1 * 1 / (sqrt(2) / sqrt(0.5)) = 0.5.
  @Test func adamByHand() {
    var state = ReferenceAdamState<Double>(parameters: [3], firstMoments: [0], secondMoments: [0])
    Reference.adam(
      &state, gradients: [2], stepSize: 1, beta1: 0.5, beta2: 0.5, epsilon: 0,
      secondCorrectionRoot: 0.5.squareRoot())
    #expect(state.firstMoments == [1] && state.secondMoments == [2])
    #expect(abs(state.parameters[0] - 2.5) <= 1e-12)
  }
}
