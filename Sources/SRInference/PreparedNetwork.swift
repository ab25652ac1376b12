import SRKernels
import SRProcess
import SRTensor

/// The weights of a network in the form that its kernels want for one size of picture.
struct PreparedNetwork: Sendable {
  /// By step; nil for what is no convolution.
  let convolutions: [PreparedConvolution?]
  /// By gate; empty without local pooling.
  let gates: [PixelGate]

  /// Prepares the weights, but takes over those of `other` whose kernels want the same form.
  init(
    _ plan: InferencePlan, _ weights: ParameterArena, pool: WorkerPool,
    from other: (prepared: PreparedNetwork, plan: InferencePlan)?
  ) throws {
    let steps = plan.program.steps
    var convolutions = [PreparedConvolution?](repeating: nil, count: steps.count)
    var missing: [Int] = []
    for (index, step) in steps.enumerated() {
      guard case .convolution(let convolution) = step.operation else { continue }
      let kernel = plan.geometry.kernels[index]!
      if let other, other.plan.geometry.kernels[index]!.algorithm == kernel.algorithm {
        convolutions[index] = other.prepared.convolutions[index]
      } else {
        convolutions[index] = PreparedConvolution(convolution, kernel)
        missing.append(index)
      }
    }
    let (made, wanted) = (convolutions, missing)
    try pool.forEach(0..<wanted.count) { _, position in
      let step = wanted[position]
      made[step]!.prepare(weights, plan.geometry.kernels[step]!)
    }
    self.convolutions = convolutions
    gates =
      plan.windowSums.isEmpty
      ? [] : other?.prepared.gates ?? plan.program.gates.map { PixelGate($0, weights) }
  }
}

/// A convolution's weights in its kernel's form, its bias and the slopes of its activation.
struct PreparedConvolution: Sendable {
  private let convolution: InferenceProgram.Convolution
  private let values: AlignedBuffer
  private let bias: Int
  private let slopes: Int

  /// Floats of all values.
  static func count(_ convolution: InferenceProgram.Convolution, _ kernel: any Convolution2DKernel) -> Int {
    var count = rounded(kernel.preparedForwardCount) + rounded(convolution.outputChannels)
    if case .prelu = convolution.activation { count += rounded(convolution.outputChannels) }
    return count
  }

  private static func rounded(_ count: Int) -> Int { (count + 15) / 16 * 16 }

  /// Takes memory for the values.
  init(_ convolution: InferenceProgram.Convolution, _ kernel: any Convolution2DKernel) {
    self.convolution = convolution
    values = AlignedBuffer(count: Self.count(convolution, kernel))
    bias = Self.rounded(kernel.preparedForwardCount)
    slopes = bias + Self.rounded(convolution.outputChannels)
  }

  /// Writes the values.
  func prepare(_ parameters: ParameterArena, _ kernel: any Convolution2DKernel) {
    kernel.prepareForward(weights: parameters.pointer(to: convolution.weight), into: values.pointer)
    (values.pointer + bias).update(
      from: parameters.pointer(to: convolution.bias), count: convolution.outputChannels)
    guard case .prelu(let entry) = convolution.activation else { return }
    // After a pixel shuffle each channel has several subpixels, which lie one after the other before it.
    let slope = parameters.pointer(to: entry)
    for channel in 0..<convolution.outputChannels {
      values.pointer[slopes + channel] = slope[channel % entry.count]
    }
  }

  var weights: UnsafePointer<Float> { UnsafePointer(values.pointer) }

  var epilogue: ConvolutionEpilogue {
    let activation: ConvolutionActivation =
      switch convolution.activation {
      case .identity: .identity
      case .relu: .relu
      case .prelu: .prelu(slopes: values.pointer + slopes)
      }
    return ConvolutionEpilogue(bias: values.pointer + bias, activation: activation)
  }
}
