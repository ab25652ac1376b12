import SRKernels
import SRTensor

/// Random operands of one convolution, which may read its source through a PReLU. The trial also has the results by definition
/// in double precision, and runs kernels on the same operands.
package struct ConvolutionTrial {
  package let shape: Convolution2DShape
  private var source: [Float]
  private var slope: Float?
  private let weights: [Float]
  private let bias: [Float]
  private let gradientDestination: [Float]

  /// The results of the forward pass and of the backward pass to the source, for one image or several.
  package struct DataResults: Equatable {
    package var destination: [Float]
    package var gradientSource: [Float]
    /// Nil without a PReLU.
    package var gradientSlope: Float?
  }

  /// The results of a convolution's three passes.
  package struct Results: Equatable {
    package var data: DataResults
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

  /// - Parameter slope: the slope of the PReLU through which the source is read; nil if it is read as it is.
  package init(_ shape: Convolution2DShape, slope: Float? = nil, seed: UInt64) {
    self.shape = shape
    self.slope = slope
    var generator = PhiloxGenerator(seed: seed, stream: 0)
    func uniform(_ count: Int, _ low: Float, _ high: Float) -> [Float] {
      (0..<count).map { _ in low + (high - low) * generator.uniform() }
    }
    source = uniform(shape.sourceCount, -1, 1)
    weights = uniform(shape.weightCount, -0.1, 0.1)
    bias = uniform(shape.outputChannels, -1, 1)
    gradientDestination = uniform(shape.destinationCount, -1, 1)
  }

  /// Runs all passes. Every buffer that the kernel must write holds `dirtyMemory` before.
  package func run(_ kernel: any Convolution2DKernel, dirtyMemory: Float = .nan) -> Results {
    let pixels = AlignedBuffer(source)
    let scratch = AlignedBuffer(count: kernel.scratchCount, repeating: dirtyMemory)
    let gradientWeights = AlignedBuffer(count: shape.weightCount, repeating: dirtyMemory)
    let gradientBias = AlignedBuffer(count: shape.outputChannels, repeating: dirtyMemory)
    let data = runDataPasses(
      kernel, source: source, gradientDestination: gradientDestination, dirtyMemory: dirtyMemory)
    kernel.backwardWeights(
      ConvolutionSource(pixels.pointer, slope: slope), gradientDestination: gradientDestination,
      gradientWeights: gradientWeights.pointer, gradientBias: gradientBias.pointer,
      scratch: scratch.pointer)
    return Results(data: data, gradientWeights: gradientWeights.values, gradientBias: gradientBias.values)
  }

  /// The same, but computed by the plain convolution, with the PReLU's definition before and after it.
  package func runApart(_ kernel: any Convolution2DKernel) -> Results {
    guard let slope else { return run(kernel) }
    var plain = self
    plain.source = Reference.preluForward(source: source, slope: slope)
    plain.slope = nil
    var results = plain.run(kernel)
    let exact = Reference.preluBackward(
      source: source.map(Double.init), slope: Double(slope),
      gradientDestination: results.data.gradientSource.map(Double.init))
    results.data.gradientSource =
      Reference.preluBackward(
        source: source, slope: slope, gradientDestination: results.data.gradientSource
      ).source
    results.data.gradientSlope = Float(exact.slope)
    return results
  }

  /// The data passes of two images: each image alone, and both together. One image has this trial's operands, and the other
  /// has them in reverse order.
  package func runAloneAndTogether(
    _ kernel: any Convolution2DKernel
  ) -> (alone: [DataResults], together: DataResults) {
    let images = [(source, gradientDestination), (source.reversed(), gradientDestination.reversed())]
    return (
      images.map { runDataPasses(kernel, source: $0, gradientDestination: $1) },
      runDataPasses(
        kernel, source: images.flatMap(\.0), gradientDestination: images.flatMap(\.1))
    )
  }

  package func forward(
    _ kernel: any Convolution2DKernel, activation: ConvolutionActivation
  ) -> [Float] {
    forward(kernel, source: source, activation: activation, dirtyMemory: .nan)
  }

  /// The forward pass of as many images as `source` holds.
  private func forward(
    _ kernel: any Convolution2DKernel, source: [Float], activation: ConvolutionActivation, dirtyMemory: Float
  ) -> [Float] {
    let images = source.count / shape.sourceCount
    let (pixels, bias) = (AlignedBuffer(source), AlignedBuffer(bias))
    let prepared = AlignedBuffer(count: kernel.preparedForwardCount, repeating: dirtyMemory)
    let scratch = AlignedBuffer(count: kernel.scratchCount, repeating: dirtyMemory)
    let destination = AlignedBuffer(count: images * shape.destinationCount, repeating: dirtyMemory)
    kernel.prepareForward(weights: weights, into: prepared.pointer)
    kernel.forward(
      ConvolutionSource(pixels.pointer, images: images, slope: slope), preparedWeights: prepared.pointer,
      epilogue: ConvolutionEpilogue(bias: bias.pointer, activation: activation),
      destination: destination.pointer, scratch: scratch.pointer)
    return destination.values
  }

  /// The data passes of as many images as `source` and `gradientDestination` hold.
  private func runDataPasses(
    _ kernel: any Convolution2DKernel, source: [Float], gradientDestination: [Float],
    dirtyMemory: Float = .nan
  ) -> DataResults {
    let images = source.count / shape.sourceCount
    let pixels = AlignedBuffer(source)
    let prepared = AlignedBuffer(count: kernel.preparedBackwardDataCount, repeating: dirtyMemory)
    let scratch = AlignedBuffer(count: kernel.scratchCount, repeating: dirtyMemory)
    let gradientSource = AlignedBuffer(count: images * shape.sourceCount, repeating: dirtyMemory)
    kernel.prepareBackwardData(weights: weights, into: prepared.pointer)
    let gradientSlope = kernel.backwardData(
      ConvolutionSource(pixels.pointer, images: images, slope: slope),
      gradientDestination: gradientDestination, preparedWeights: prepared.pointer,
      gradientSource: gradientSource.pointer, scratch: scratch.pointer)
    return DataResults(
      destination: forward(kernel, source: source, activation: .identity, dirtyMemory: dirtyMemory),
      gradientSource: gradientSource.values, gradientSlope: gradientSlope)
  }

  package func relativeErrors(of kernel: any Convolution2DKernel) -> Errors {
    let results = run(kernel)
    let (source, weights) = (source.map(Double.init), weights.map(Double.init))
    let (slope, gradient) = (slope.map(Double.init), gradientDestination.map(Double.init))
    let gradients = Reference.convolution2DBackwardWeights(
      shape, source: source, slope: slope, gradientDestination: gradient)
    return Errors(
      destination: relativeError(
        results.data.destination,
        Reference.convolution2DForward(
          shape, source: source, slope: slope, weights: weights, bias: bias.map(Double.init))),
      gradientSource: relativeError(
        results.data.gradientSource,
        Reference.convolution2DBackwardData(
          shape, source: source, slope: slope, gradientDestination: gradient, weights: weights
        ).source),
      gradientWeights: relativeError(results.gradientWeights, gradients.weights),
      gradientBias: relativeError(results.gradientBias, gradients.bias))
  }
}

extension AlignedBuffer {
  fileprivate convenience init(_ values: [Float]) {
    self.init(count: values.count)
    pointer.update(from: values, count: values.count)
  }

  /// A buffer in which every float is `value`, such as one that a kernel must not read.
  fileprivate convenience init(count: Int, repeating value: Float) {
    self.init(count: count)
    pointer.update(repeating: value, count: count)
  }
}

/// Largest absolute difference, relative to the largest expected value; infinite if anything is not finite.
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
