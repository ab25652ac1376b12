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
  /// The activation through which the source is read.
  private let through: PReLU?
  private let preparedForward: Int
  private let preparedBias: Int
  /// Nil if the gradient with respect to the source is never asked for.
  private let preparedBackwardData: Int?

  /// Registers the parameters in `layout` and reserves room for the prepared weights.
  ///
  /// - Parameters:
  ///   - activation: the source's, registered before; nil if the source is read as it is.
  ///   - propagatesGradient: whether ``backward`` will be asked for the gradient with respect to the source.
  /// - Precondition: with an activation, the shape is one that ``Convolution2DShape/readsThroughPReLU``.
  package init(
    _ name: String, through activation: PReLU? = nil, shape: Convolution2DShape,
    propagatesGradient: Bool = true, layout: inout ParameterLayout, prepared: inout WorkspacePlanner,
    kernels: any KernelSet
  ) {
    precondition(
      activation == nil || shape.readsThroughPReLU,
      "no kernel of \(shape), of \(name), reads through a PReLU")
    self.name = name
    through = activation
    kernel = kernels.makeConvolution2D(shape)
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
  package var firstParameter: Int { through?.weight.offset ?? weight.offset }

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
  package func forward(
    _ source: UnsafePointer<Float>, into destination: UnsafeMutablePointer<Float>,
    images: Int = 1, context: LayerContext, activation: ConvolutionActivation = .identity
  ) {
    kernel.forward(
      read(source, images: images, context: context), preparedWeights: context.prepared + preparedForward,
      epilogue: ConvolutionEpilogue(bias: context.prepared + preparedBias, activation: activation),
      destination: destination, scratch: context.scratch)
    context.observer?.layer(
      name, finished: .forward, values: destination, count: images * shape.destinationCount)
  }

  /// Writes this sample's parameter gradients. If `gradientSource` is given, overwrites it with the gradient with respect to
  /// the source, and writes the gradient with respect to the slope of the source's activation.
  ///
  /// - Parameter images: how many lie one after the other, in the source and in the gradients.
  /// - Precondition: `images` is 1 if parameter gradients are asked for.
  package func backward(
    source: UnsafePointer<Float>, gradientDestination: UnsafePointer<Float>,
    gradientSource: UnsafeMutablePointer<Float>?, images: Int = 1, context: LayerContext
  ) {
    precondition(
      images == 1 || context.gradients == nil,
      "\(name) is asked for one sample's parameter gradients, and given \(images) images")
    let source = read(source, images: images, context: context)
    if let gradients = context.gradients {
      kernel.backwardWeights(
        source, gradientDestination: gradientDestination, gradientWeights: gradients + weight.offset,
        gradientBias: gradients + bias.offset, scratch: context.scratch)
      context.observer?.layer(
        name, finished: .backward, values: gradients + weight.offset, count: weight.count)
    }
    guard let gradientSource else { return }
    guard let preparedBackwardData else {
      preconditionFailure(
        "\(name) was made without a gradient with respect to its source, and is asked for one")
    }
    let gradientSlope = kernel.backwardData(
      source, gradientDestination: gradientDestination,
      preparedWeights: context.prepared + preparedBackwardData, gradientSource: gradientSource,
      scratch: context.scratch)
    if let through, let gradientSlope { context.gradients?[through.weight.offset] = gradientSlope }
    context.observer?.layer(
      name, finished: .backward, values: gradientSource, count: images * shape.sourceCount)
  }

  private func read(
    _ pixels: UnsafePointer<Float>, images: Int, context: LayerContext
  ) -> ConvolutionSource {
    ConvolutionSource(pixels, images: images, slope: through?.slope(in: context))
  }
}
