import SRKernels
import SRTensor

/// The operands of one problem and its kernel, ready to run.
struct ConvolutionRun {
  let kernel: any Convolution2DKernel
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
    var generator = PhiloxGenerator(seed: 1, stream: 0)
    func uniform(_ count: Int, bound: Float) -> AlignedBuffer {
      let buffer = AlignedBuffer(count: count)
      for index in 0..<count { buffer.pointer[index] = (2 * generator.uniform() - 1) * bound }
      return buffer
    }
    source = uniform(shape.sourceCount, bound: 1)
    weights = uniform(shape.weightCount, bound: 0.1)
    bias = uniform(shape.outputChannels, bound: 1)
    gradientDestination = uniform(shape.destinationCount, bound: 1)
    gradientBias = AlignedBuffer(count: shape.outputChannels)
    scratch = AlignedBuffer(count: kernel.scratchCount)
    switch problem.pass {
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

  /// Bytes of the operands and the result, each counted once.
  var bytesMoved: Int {
    let shape = problem.shape
    let floats =
      switch problem.pass {
      case .forward, .backwardData: shape.sourceCount + shape.destinationCount + prepared.count
      case .backwardWeights: shape.sourceCount + shape.destinationCount + shape.weightCount
      }
    return floats * MemoryLayout<Float>.stride
  }

  private func run() {
    switch problem.pass {
    case .forward:
      kernel.forward(
        source: source.pointer, preparedWeights: prepared.pointer, bias: bias.pointer,
        activation: .identity, destination: result.pointer, scratch: scratch.pointer)
    case .backwardData:
      kernel.backwardData(
        gradientDestination: gradientDestination.pointer, preparedWeights: prepared.pointer,
        gradientSource: result.pointer, scratch: scratch.pointer)
    case .backwardWeights:
      kernel.backwardWeights(
        source: source.pointer, gradientDestination: gradientDestination.pointer,
        gradientWeights: result.pointer, gradientBias: gradientBias.pointer, scratch: scratch.pointer)
    }
  }

  /// Median CPU time of a run, in seconds, over at least `seconds` and seven repetitions.
  func time(atLeast seconds: Double) -> Double {
    Stopwatch.median(atLeast: seconds) { run() }
  }

  /// Largest error of a run against the definition in double precision, relative to the largest value.
  func relativeError() -> Double {
    func doubles(_ buffer: AlignedBuffer) -> [Double] { buffer.elements.map(Double.init) }
    run()
    let shape = problem.shape
    let expected =
      switch problem.pass {
      case .forward:
        Reference.convolution2DForward(
          shape, source: doubles(source), weights: doubles(weights), bias: doubles(bias))
      case .backwardData:
        Reference.convolution2DBackwardData(
          shape, gradientDestination: doubles(gradientDestination), weights: doubles(weights))
      case .backwardWeights:
        Reference.convolution2DBackwardWeights(
          shape, source: doubles(source), gradientDestination: doubles(gradientDestination)
        ).weights
      }
    var (error, largest) = (0.0, 0.0)
    for (value, expectation) in zip(result.elements, expected) {
      guard value.isFinite else { return .infinity }
      error = max(error, abs(Double(value) - expectation))
      largest = max(largest, abs(expectation))
    }
    return error / largest
  }
}
