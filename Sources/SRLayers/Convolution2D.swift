import SRKernels
import SRTensor

/// A 2-D convolution with bias, as PyTorch's `nn.Conv2d` with zero padding; perhaps of a PReLU of its source, which then is
/// nowhere stored.
package struct Convolution2D: Sendable {
  /// Such as `conv2`; the parameters are `NAME.weight` (OIHW) and `NAME.bias`.
  package let name: String
  package let kernel: any Convolution2DKernel
  package let weight: ParameterLayout.Entry
  package let bias: ParameterLayout.Entry
  /// The activation through which the source is read, and ``kernel`` as what reads so.
  private let through: (activation: PReLU, kernel: any PReLUConvolution2DKernel)?
  private let preparedForward: Int
  private let preparedBias: Int
  /// Nil where no gradient by the source is ever asked for.
  private let preparedBackwardData: Int?

  /// Registers the parameters in `layout` and reserves room for the prepared weights.
  ///
  /// - Parameters:
  ///   - activation: the source's, registered before; nil where the source is read as it is.
  ///   - propagatesGradient: whether ``backward`` will be asked for the gradient by the source.
  /// - Precondition: with an activation, the shape is one that ``Convolution2DShape/readsThroughPReLU``.
  package init(
    _ name: String, through activation: PReLU? = nil, shape: Convolution2DShape,
    propagatesGradient: Bool = true, layout: inout ParameterLayout, prepared: inout WorkspacePlanner,
    kernels: any KernelSet
  ) {
    self.name = name
    if let activation {
      precondition(shape.readsThroughPReLU, "no kernel of \(shape), of \(name), reads through a PReLU")
      let kernel = kernels.makePReLUConvolution2D(shape)
      through = (activation, kernel)
      self.kernel = kernel
    } else {
      through = nil
      kernel = kernels.makeConvolution2D(shape)
    }
    let outputs: ParameterLayout.Outputs = shape.shufflesPixels ? .bySubpixel : .asInFile
    weight = layout.append(
      "\(name).weight",
      shape: [shape.outputChannels, shape.inputChannels, shape.kernelSize, shape.kernelSize],
      storage: .convolutionHWIO, outputs: outputs)
    bias = layout.append("\(name).bias", shape: [shape.outputChannels], outputs: outputs)
    preparedForward = prepared.reserve(kernel.preparedForwardCount)
    preparedBias = prepared.reserve(bias.count)
    preparedBackwardData =
      propagatesGradient ? prepared.reserve(kernel.preparedBackwardDataCount) : nil
  }

  package var shape: Convolution2DShape { kernel.shape }
  package var scratchCount: Int { kernel.scratchCount }
  /// Arena offset of the first parameter, that of the source's activation if there is one.
  package var firstParameter: Int { through?.activation.weight.offset ?? weight.offset }

  /// Brings the weights into the kernel's form, beside the bias: the passes read no parameters. Once per step, before any
  /// pass.
  package func prepare(
    parameters: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>, forBackward: Bool
  ) {
    let weights = parameters + weight.offset
    kernel.prepareForward(weights: weights, into: prepared + preparedForward)
    (prepared + preparedBias).update(from: parameters + bias.offset, count: bias.count)
    if forBackward, let preparedBackwardData {
      kernel.prepareBackwardData(weights: weights, into: prepared + preparedBackwardData)
    }
  }

  /// - Parameter images: how many lie one after the other, in `source` and in `destination`.
  /// - Precondition: where the source is read through an activation, there is one image and none of the destination.
  package func forward(
    _ source: UnsafePointer<Float>, into destination: UnsafeMutablePointer<Float>,
    images: Int = 1, context: LayerContext, activation: ConvolutionActivation = .identity
  ) {
    if let through {
      precondition(
        images == 1 && activation == .identity, "\(name) reads one image at a time, through a PReLU")
      through.kernel.forward(
        source: source, slope: through.activation.slope(in: context),
        preparedWeights: context.prepared + preparedForward, bias: context.prepared + preparedBias,
        destination: destination, scratch: context.scratch)
    } else {
      kernel.forward(
        images: images, source: source, preparedWeights: context.prepared + preparedForward,
        bias: context.prepared + preparedBias, activation: activation, destination: destination,
        scratch: context.scratch)
    }
    context.observer?.layer(
      name, finished: .forward, values: destination, count: images * shape.destinationCount)
  }

  /// Writes this sample's parameter gradients, then the gradient by the source where it is asked for, and with it that by the
  /// slope of the source's activation.
  ///
  /// - Parameter images: how many lie one after the other, in the source and in the gradients.
  /// - Precondition: `images` is 1 where parameter gradients are asked for, or the source is read through an activation.
  package func backward(
    source: UnsafePointer<Float>, gradientDestination: UnsafePointer<Float>,
    gradientSource: UnsafeMutablePointer<Float>?, images: Int = 1, context: LayerContext
  ) {
    precondition(
      images == 1 || (context.gradients == nil && through == nil),
      "\(name) goes back through \(images) images at once")
    if let gradients = context.gradients {
      backwardWeights(
        source: source, gradientDestination: gradientDestination, gradients: gradients, context: context)
      context.observer?.layer(
        name, finished: .backward, values: gradients + weight.offset, count: weight.count)
    }
    guard let gradientSource else { return }
    guard let preparedBackwardData else {
      preconditionFailure("\(name) was made without a gradient by its source, and is asked for one")
    }
    if let (activation, kernel) = through {
      let slopeGradient = kernel.backwardData(
        source: source, slope: activation.slope(in: context), gradientDestination: gradientDestination,
        preparedWeights: context.prepared + preparedBackwardData, gradientSource: gradientSource,
        scratch: context.scratch)
      context.gradients?[activation.weight.offset] = slopeGradient
    } else {
      kernel.backwardData(
        images: images, gradientDestination: gradientDestination,
        preparedWeights: context.prepared + preparedBackwardData, gradientSource: gradientSource,
        scratch: context.scratch)
    }
    context.observer?.layer(
      name, finished: .backward, values: gradientSource, count: images * shape.sourceCount)
  }

  private func backwardWeights(
    source: UnsafePointer<Float>, gradientDestination: UnsafePointer<Float>,
    gradients: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    if let (activation, kernel) = through {
      kernel.backwardWeights(
        source: source, slope: activation.slope(in: context), gradientDestination: gradientDestination,
        gradientWeights: gradients + weight.offset, gradientBias: gradients + bias.offset,
        scratch: context.scratch)
    } else {
      kernel.backwardWeights(
        source: source, gradientDestination: gradientDestination,
        gradientWeights: gradients + weight.offset, gradientBias: gradients + bias.offset,
        scratch: context.scratch)
    }
  }
}
