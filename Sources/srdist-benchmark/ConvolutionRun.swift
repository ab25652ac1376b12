import SRKernels
import SRTensor

/// The operands of one problem and its kernel, ready to run.
struct ConvolutionRun: ProblemRun {
  private let kernel: any Convolution2DKernel
  private let problem: ConvolutionProblem
  private let source: AlignedBuffer
  private let weights: AlignedBuffer
  private let bias: AlignedBuffer
  private let gradientDestination: AlignedBuffer
  private let prepared: AlignedBuffer
  private let result: AlignedBuffer
  private let gradientBias: AlignedBuffer
  private let scratch: AlignedBuffer

  init(_ problem: ConvolutionProblem, kernels: any KernelSet) {
    let shape = problem.shape
    self.problem = problem
    kernel = kernels.makeConvolution2D(shape)
    var operands = RandomOperands(seed: 1)
    source = operands.uniform(shape.sourceCount, from: -1, to: 1)
    weights = operands.uniform(shape.weightCount, from: -0.1, to: 0.1)
    bias = operands.uniform(shape.outputChannels, from: -1, to: 1)
    gradientDestination = operands.uniform(shape.destinationCount, from: -1, to: 1)
    gradientBias = AlignedBuffer(count: shape.outputChannels)
    scratch = AlignedBuffer(count: kernel.scratchCount)
    switch problem.direction {
    case .forward:
      prepared = AlignedBuffer(count: kernel.preparedForwardCount)
      kernel.prepareForward(weights: weights.pointer, into: prepared.pointer)
      result = AlignedBuffer(count: shape.destinationCount)
    case .backwardData:
      prepared = AlignedBuffer(count: kernel.preparedBackwardDataCount)
      kernel.prepareBackwardData(weights: weights.pointer, into: prepared.pointer)
      result = AlignedBuffer(count: shape.sourceCount)
    case .backwardWeights:
      prepared = AlignedBuffer(count: 0)
      result = AlignedBuffer(count: shape.weightCount)
    }
  }

  /// The slope of the PReLU through which the source is read; nil if it is read as it is.
  private var slope: Float? { problem.throughPReLU ? 0.25 : nil }

  /// Bytes of the operands and the result, each counted once.
  var bytesMoved: Int? {
    let shape = problem.shape
    let floats =
      switch problem.direction {
      case .forward: shape.sourceCount + shape.destinationCount + prepared.count
      // The PReLU's derivative also reads the source.
      case .backwardData:
        (slope == nil ? 1 : 2) * shape.sourceCount + shape.destinationCount + prepared.count
      case .backwardWeights: shape.sourceCount + shape.destinationCount + shape.weightCount
      }
    return floats * MemoryLayout<Float>.stride
  }

  var algorithm: String { kernel.algorithm }
  var directFLOPs: Int? { problem.shape.directFLOPs }

  func run() {
    let source = ConvolutionSource(source.pointer, slope: slope)
    switch problem.direction {
    case .forward:
      kernel.forward(
        source, preparedWeights: prepared.pointer, epilogue: ConvolutionEpilogue(bias: bias.pointer),
        destination: result.pointer, scratch: scratch.pointer)
    case .backwardData:
      _ = kernel.backwardData(
        source, gradientDestination: gradientDestination.pointer, preparedWeights: prepared.pointer,
        gradientSource: result.pointer, scratch: scratch.pointer)
    case .backwardWeights:
      kernel.backwardWeights(
        source, gradientDestination: gradientDestination.pointer, gradientWeights: result.pointer,
        gradientBias: gradientBias.pointer, scratch: scratch.pointer)
    }
  }

  /// Largest error of a run against the definition in double precision, relative to the largest value.
  func relativeError() -> Double? {
    func doubles(_ buffer: AlignedBuffer) -> [Double] { buffer.values.map(Double.init) }
    run()
    let shape = problem.shape
    let slope = slope.map(Double.init)
    let expected =
      switch problem.direction {
      case .forward:
        Reference.convolution2DForward(
          shape, source: doubles(source), slope: slope, weights: doubles(weights), bias: doubles(bias))
      case .backwardData:
        Reference.convolution2DBackwardData(
          shape, source: doubles(source), slope: slope, gradientDestination: doubles(gradientDestination),
          weights: doubles(weights)
        ).source
      case .backwardWeights:
        Reference.convolution2DBackwardWeights(
          shape, source: doubles(source), slope: slope, gradientDestination: doubles(gradientDestination)
        ).weights
      }
    return srdist_benchmark.relativeError(result.values, expected)
  }
}
