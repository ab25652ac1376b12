import SRKernels
import SRTestSupport
import Testing

// What is true of every convolution kernel.

/// A kernel's result with an activation has the bits of its plain result after the activation, and some plain results are
/// negative.
func expectActivatesItsResult(
  _ kernel: any Convolution2DKernel, _ trial: ConvolutionTrial,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let plain = trial.forward(kernel, activation: .identity)
  #expect(plain.contains { $0 < 0 }, sourceLocation: sourceLocation)
  #expect(
    trial.forward(kernel, activation: .relu) == plain.map { max($0, 0) }, sourceLocation: sourceLocation)
  let shape = kernel.shape
  let slopes = (0..<shape.outputChannels).map { Float($0 % 7) * 0.5 - 1 }
  var expected = plain
  for row in 0..<shape.outputHeight {
    for column in 0..<shape.outputWidth {
      for (channel, slope) in slopes.enumerated() {
        let index = shape.destinationIndex(row: row, column: column, channel: channel)
        if plain[index] <= 0 { expected[index] = slope * plain[index] }
      }
    }
  }
  let activated = slopes.withUnsafeBufferPointer {
    trial.forward(kernel, activation: .prelu(slopes: $0.baseAddress!))
  }
  #expect(activated == expected, sourceLocation: sourceLocation)
}

/// Two kernels of the same shape give the same bits, whatever was in their memory before.
func expectSameBitsOnEveryCall(
  _ kernels: any KernelSet, _ trial: ConvolutionTrial, sourceLocation: SourceLocation = #_sourceLocation
) {
  let first = trial.run(kernels.makeConvolution2D(trial.shape), dirtyMemory: 0)
  let second = trial.run(kernels.makeConvolution2D(trial.shape), dirtyMemory: .nan)
  #expect(first == second, sourceLocation: sourceLocation)
}

/// Two images give the same bits together as alone. The gradient with respect to the slope is the sum of both images'.
func expectSameBitsTogetherAsAlone(
  _ kernels: any KernelSet, _ trial: ConvolutionTrial, sourceLocation: SourceLocation = #_sourceLocation
) {
  let (alone, together) = trial.runAloneAndTogether(kernels.makeConvolution2D(trial.shape))
  #expect(together.destination == alone.flatMap(\.destination), sourceLocation: sourceLocation)
  #expect(together.gradientSource == alone.flatMap(\.gradientSource), sourceLocation: sourceLocation)
  let slopes = alone.compactMap(\.gradientSlope)
  guard let sum = together.gradientSlope else {
    #expect(slopes.isEmpty, sourceLocation: sourceLocation)
    return
  }
  // Each of the three is rounded once from double precision.
  let rounding = slopes.reduce(abs(sum)) { $0 + abs($1) } * Float.ulpOfOne
  #expect(slopes.count == 2 && abs(sum - slopes[0] - slopes[1]) <= rounding, sourceLocation: sourceLocation)
}
