import SRKernels
import SRTensor

/// Random operands of one convolution, the results by definition in double precision, and runs of a kernel on
/// the same operands.
package struct ConvolutionTrial {
  package let shape: Convolution2DShape
  private(set) var source: [Float]
  let weights: [Float]
  let bias: [Float]
  let gradientDestination: [Float]

  /// What the three passes of a convolution compute.
  package struct Results {
    package var destination: [Float]
    package var gradientSource: [Float]
    package var gradientWeights: [Float]
    package var gradientBias: [Float]
  }

  /// Largest absolute errors, each relative to the largest value of its tensor.
  package struct Errors {
    package var destination: Double
    package var gradientSource: Double
    package var gradientWeights: Double
    package var gradientBias: Double
  }

  package init(_ shape: Convolution2DShape, seed: UInt64) {
    self.shape = shape
    var generator = PhiloxGenerator(seed: seed, stream: 0)
    func uniform(_ count: Int, _ low: Float, _ high: Float) -> [Float] {
      (0..<count).map { _ in low + (high - low) * generator.uniform() }
    }
    source = uniform(shape.sourceCount, -1, 1)
    weights = uniform(shape.weightCount, -0.1, 0.1)
    bias = uniform(shape.outputChannels, -1, 1)
    gradientDestination = uniform(shape.destinationCount, -1, 1)
  }

  /// The same with another source.
  func reading(_ source: [Float]) -> Self {
    precondition(source.count == shape.sourceCount, "\(source.count) floats for a source of \(shape)")
    var trial = self
    trial.source = source
    return trial
  }

  /// Runs all passes, with `dirtyMemory` in every buffer that the kernel is to write.
  package func run(_ kernel: any Convolution2DKernel, dirtyMemory: Float = .nan) -> Results {
    func dirty(_ count: Int) -> AlignedBuffer { AlignedBuffer(count: count, repeating: dirtyMemory) }
    let scratch = dirty(kernel.scratchCount)
    let gradientSource = dirty(shape.sourceCount)
    let gradientWeights = dirty(shape.weightCount)
    let gradientBias = dirty(shape.outputChannels)
    let prepared = dirty(kernel.preparedBackwardDataCount)
    let destination = forward(kernel, activation: .identity, dirtyMemory: dirtyMemory)
    kernel.prepareBackwardData(weights: weights, into: prepared.pointer)
    kernel.backwardData(
      gradientDestination: gradientDestination, preparedWeights: prepared.pointer,
      gradientSource: gradientSource.pointer, scratch: scratch.pointer)
    kernel.backwardWeights(
      source: source, gradientDestination: gradientDestination,
      gradientWeights: gradientWeights.pointer, gradientBias: gradientBias.pointer,
      scratch: scratch.pointer)
    return Results(
      destination: destination, gradientSource: gradientSource.values,
      gradientWeights: gradientWeights.values, gradientBias: gradientBias.values)
  }

  package func forward(
    _ kernel: any Convolution2DKernel, activation: ConvolutionActivation, dirtyMemory: Float = .nan
  ) -> [Float] {
    let prepared = AlignedBuffer(count: kernel.preparedForwardCount, repeating: dirtyMemory)
    let scratch = AlignedBuffer(count: kernel.scratchCount, repeating: dirtyMemory)
    let destination = AlignedBuffer(count: shape.destinationCount, repeating: dirtyMemory)
    kernel.prepareForward(weights: weights, into: prepared.pointer)
    kernel.forward(
      source: source, preparedWeights: prepared.pointer, bias: bias, activation: activation,
      destination: destination.pointer, scratch: scratch.pointer)
    return destination.values
  }

  /// The forward pass of this trial's source and of the same backwards: each alone, and both together.
  package func forwardAloneAndPaired(_ kernel: any Convolution2DKernel) -> (alone: [Float], paired: [Float]) {
    let prepared = AlignedBuffer(count: kernel.preparedForwardCount, repeating: .nan)
    let scratch = AlignedBuffer(count: kernel.scratchCount, repeating: .nan)
    let alone = AlignedBuffer(count: 2 * shape.destinationCount, repeating: .nan)
    let paired = AlignedBuffer(count: 2 * shape.destinationCount, repeating: .nan)
    kernel.prepareForward(weights: weights, into: prepared.pointer)
    for (image, pixels) in [source, source.reversed()].enumerated() {
      kernel.forward(
        source: pixels, preparedWeights: prepared.pointer, bias: bias, activation: .identity,
        destination: alone.pointer + image * shape.destinationCount, scratch: scratch.pointer)
    }
    kernel.forward(
      images: 2, source: source + source.reversed(), preparedWeights: prepared.pointer, bias: bias,
      activation: .identity, destination: paired.pointer, scratch: scratch.pointer)
    return (alone.values, paired.values)
  }

  package func relativeErrors(of kernel: any Convolution2DKernel) -> Errors {
    let results = run(kernel)
    let doubles = (
      source: source.map(Double.init), weights: weights.map(Double.init), bias: bias.map(Double.init),
      gradient: gradientDestination.map(Double.init)
    )
    let gradients = Reference.convolution2DBackwardWeights(
      shape, source: doubles.source, gradientDestination: doubles.gradient)
    return Errors(
      destination: relativeError(
        results.destination,
        Reference.convolution2DForward(
          shape, source: doubles.source, weights: doubles.weights, bias: doubles.bias)),
      gradientSource: relativeError(
        results.gradientSource,
        Reference.convolution2DBackwardData(
          shape, gradientDestination: doubles.gradient, weights: doubles.weights)),
      gradientWeights: relativeError(results.gradientWeights, gradients.weights),
      gradientBias: relativeError(results.gradientBias, gradients.bias))
  }
}

extension AlignedBuffer {
  /// A buffer that holds `value` throughout, such as what a kernel must not read.
  convenience init(count: Int, repeating value: Float) {
    self.init(count: count)
    pointer.update(repeating: value, count: count)
  }
}

/// Largest absolute difference, relative to the largest expected value; infinite where anything is not finite.
private func relativeError(_ values: [Float], _ expected: [Double]) -> Double {
  precondition(values.count == expected.count, "\(values.count) values, \(expected.count) expected")
  var (error, largest) = (0.0, 0.0)
  for (value, expectation) in zip(values, expected) {
    guard value.isFinite else { return .infinity }
    error = max(error, abs(Double(value) - expectation))
    largest = max(largest, abs(expectation))
  }
  return error / largest
}
