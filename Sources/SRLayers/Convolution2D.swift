import SRKernels
import SRTensor

/// A 2-D convolution with bias, as PyTorch's `nn.Conv2d` with zero padding.
public struct Convolution2D: Sendable {
  /// Such as `conv2`; the parameters are `NAME.weight` (OIHW) and `NAME.bias`.
  public let name: String
  public let kernel: any Convolution2DKernel
  public let weight: ParameterLayout.Entry
  public let bias: ParameterLayout.Entry
  private let preparedForward: Int
  private let preparedBias: Int
  /// Nil where no gradient by the source is ever asked for.
  private let preparedBackwardData: Int?

  /// Registers the parameters in `layout` and reserves room for the prepared weights.
  ///
  /// - Parameter propagatesGradient: whether ``backward`` will be asked for the gradient by the source.
  public init(
    _ name: String, shape: Convolution2DShape, propagatesGradient: Bool = true,
    layout: inout ParameterLayout, prepared: inout WorkspacePlanner, kernels: any KernelSet
  ) {
    self.name = name
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

  public var shape: Convolution2DShape { kernel.shape }
  public var scratchCount: Int { kernel.scratchCount }

  /// Brings the weights into the kernel's form, beside the bias: the passes read no parameters. Once per step, before any
  /// pass.
  public func prepare(
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
  public func forward(
    _ source: UnsafePointer<Float>, into destination: UnsafeMutablePointer<Float>,
    images: Int = 1, context: LayerContext, activation: ConvolutionActivation = .identity
  ) {
    kernel.forward(
      images: images, source: source, preparedWeights: context.prepared + preparedForward,
      bias: context.prepared + preparedBias, activation: activation, destination: destination,
      scratch: context.scratch)
    context.observer?.layer(
      name, finished: .forward, values: destination, count: images * shape.destinationCount)
  }

  /// Writes this sample's parameter gradients, then the gradient by the source where it is asked for.
  ///
  /// - Parameter images: how many lie one after the other, in the source and in the gradients.
  /// - Precondition: `images` is 1 where parameter gradients are asked for.
  public func backward(
    source: UnsafePointer<Float>, gradientDestination: UnsafePointer<Float>,
    gradientSource: UnsafeMutablePointer<Float>?, images: Int = 1, context: LayerContext
  ) {
    if let gradients = context.gradients {
      precondition(images == 1, "\(name) is asked for the parameter gradients of \(images) images at once")
      kernel.backwardWeights(
        source: source, gradientDestination: gradientDestination,
        gradientWeights: gradients + weight.offset, gradientBias: gradients + bias.offset,
        scratch: context.scratch)
      context.observer?.layer(
        name, finished: .backward, values: gradients + weight.offset, count: weight.count)
    }
    guard let gradientSource else { return }
    guard let preparedBackwardData else {
      preconditionFailure("\(name) was made without a gradient by its source, and is asked for one")
    }
    kernel.backwardData(
      images: images, gradientDestination: gradientDestination,
      preparedWeights: context.prepared + preparedBackwardData, gradientSource: gradientSource,
      scratch: context.scratch)
    context.observer?.layer(
      name, finished: .backward, values: gradientSource, count: images * shape.sourceCount)
  }
}
