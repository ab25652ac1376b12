import SRKernels
import SRTensor

/// A convolution that reads its source through a PReLU, on the operands of a ``ConvolutionTrial``: in one pass, and with passes
/// of the PReLU of their own.
package struct PReLUConvolutionTrial {
  /// What both ways compute.
  package struct Results {
    package var destination: [Float]
    package var gradientSource: [Float]
    package var gradientWeights: [Float]
    package var gradientBias: [Float]
    package var gradientSlope: Float
  }

  private let trial: ConvolutionTrial
  private let slope: Float
  private var shape: Convolution2DShape { trial.shape }

  package init(_ shape: Convolution2DShape, slope: Float, seed: UInt64) {
    trial = ConvolutionTrial(shape, seed: seed)
    self.slope = slope
  }

  /// Runs the kernel's passes, with `dirtyMemory` in every buffer that they are to write.
  package func run(_ kernel: any PReLUConvolution2DKernel, dirtyMemory: Float = .nan) -> Results {
    func dirty(_ count: Int) -> AlignedBuffer { AlignedBuffer(count: count, repeating: dirtyMemory) }
    let scratch = dirty(kernel.scratchCount)
    let destination = dirty(shape.destinationCount)
    let gradientSource = dirty(shape.sourceCount)
    let gradientWeights = dirty(shape.weightCount)
    let gradientBias = dirty(shape.outputChannels)
    let preparedForward = dirty(kernel.preparedForwardCount)
    let preparedBackward = dirty(kernel.preparedBackwardDataCount)
    kernel.prepareForward(weights: trial.weights, into: preparedForward.pointer)
    kernel.prepareBackwardData(weights: trial.weights, into: preparedBackward.pointer)
    kernel.forward(
      source: trial.source, slope: slope, preparedWeights: preparedForward.pointer, bias: trial.bias,
      destination: destination.pointer, scratch: scratch.pointer)
    kernel.backwardWeights(
      source: trial.source, slope: slope, gradientDestination: trial.gradientDestination,
      gradientWeights: gradientWeights.pointer, gradientBias: gradientBias.pointer, scratch: scratch.pointer)
    let gradientSlope = kernel.backwardData(
      source: trial.source, slope: slope, gradientDestination: trial.gradientDestination,
      preparedWeights: preparedBackward.pointer, gradientSource: gradientSource.pointer,
      scratch: scratch.pointer)
    return Results(
      destination: destination.values, gradientSource: gradientSource.values,
      gradientWeights: gradientWeights.values, gradientBias: gradientBias.values, gradientSlope: gradientSlope
    )
  }

  /// The same by the plain convolution, before and after it the PReLU's definition.
  package func runApart(_ kernel: any Convolution2DKernel) -> Results {
    let activated = Reference.preluForward(source: trial.source, slope: slope)
    let plain = trial.reading(activated).run(kernel)
    let gradient = Reference.preluBackward(
      source: trial.source, slope: slope, gradientDestination: plain.gradientSource)
    let exact = Reference.preluBackward(
      source: trial.source.map(Double.init), slope: Double(slope),
      gradientDestination: plain.gradientSource.map(Double.init))
    return Results(
      destination: plain.destination, gradientSource: gradient.source, gradientWeights: plain.gradientWeights,
      gradientBias: plain.gradientBias, gradientSlope: Float(exact.slope))
  }
}
