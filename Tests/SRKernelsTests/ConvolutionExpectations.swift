import SRKernels
import SRTestSupport
import Testing

// What holds of every convolution kernel.

/// Its ReLU is the maximum of its plain result and 0, and there was something to cut off.
func expectCutsNegativesOff(
  _ kernel: any Convolution2DKernel, _ trial: ConvolutionTrial,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let plain = trial.forward(kernel, activation: .identity)
  #expect(plain.contains { $0 < 0 }, sourceLocation: sourceLocation)
  #expect(
    trial.forward(kernel, activation: .relu) == plain.map { max($0, 0) }, sourceLocation: sourceLocation)
}

/// Two kernels of the same shape give the same bits, whatever their memory held before.
func expectSameBitsOnEveryCall(
  _ kernels: any KernelSet, _ trial: ConvolutionTrial, sourceLocation: SourceLocation = #_sourceLocation
) {
  let first = trial.run(kernels.makeConvolution2D(trial.shape), dirtyMemory: 0)
  let second = trial.run(kernels.makeConvolution2D(trial.shape), dirtyMemory: .nan)
  #expect(first.destination == second.destination, sourceLocation: sourceLocation)
  #expect(first.gradientSource == second.gradientSource, sourceLocation: sourceLocation)
  #expect(first.gradientWeights == second.gradientWeights, sourceLocation: sourceLocation)
  #expect(first.gradientBias == second.gradientBias, sourceLocation: sourceLocation)
}
