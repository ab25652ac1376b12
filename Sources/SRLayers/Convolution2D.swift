import SRKernels
import SRTensor

/// The parameters of a 2-D convolution with bias, like PyTorch's `nn.Conv2d` with zero padding. The convolution may read its
/// source through a PReLU. Then the PReLU's output is not kept.
package struct Convolution2D: Sendable {
  /// The layer's name, such as `conv2`. The parameters are `NAME.weight` (OIHW) and `NAME.bias`.
  package let name: String
  package let weight: ParameterLayout.Entry
  package let bias: ParameterLayout.Entry
  package let inputChannels: Int
  package let outputChannels: Int
  package let kernelSize: Int
  package let stride: Int
  package let padding: Int
  /// See ``Convolution2DShape/shuffleFactor``.
  package let shuffleFactor: Int
  /// The activation through which the source is read.
  let through: PReLU?

  /// Registers the parameters in `layout`.
  ///
  /// - Parameters:
  ///   - activation: the source's activation, which is registered already; nil if the source has none.
  ///   - padding: pixels of zeros at each edge. The default is half of the kernel, which keeps height and width.
  ///   - shuffleFactor: that of the pixel shuffle that follows; 1 for none.
  package init(
    _ name: String, through activation: PReLU? = nil, inputChannels: Int, outputChannels: Int,
    kernelSize: Int,
    stride: Int = 1, padding: Int? = nil, shuffleFactor: Int = 1, in layout: inout ParameterLayout
  ) {
    self.name = name
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding ?? kernelSize / 2
    self.shuffleFactor = shuffleFactor
    through = activation
    let outputs: ParameterLayout.Outputs = shuffleFactor > 1 ? .bySubpixel(factor: shuffleFactor) : .asInFile
    weight = layout.append(
      "\(name).weight", shape: [outputChannels, inputChannels, kernelSize, kernelSize],
      storage: .convolutionHWIO, outputs: outputs)
    bias = layout.append("\(name).bias", shape: [outputChannels], outputs: outputs)
  }

  /// Arena offset of the first parameter. If the source has an activation, that is the activation's first slope.
  package var firstParameter: Int { through?.weight.offset ?? weight.offset }

  /// The sizes for a source of this height and width.
  package func shape(height: Int, width: Int) -> Convolution2DShape {
    Convolution2DShape(
      inputHeight: height, inputWidth: width, inputChannels: inputChannels, outputChannels: outputChannels,
      kernelSize: kernelSize, stride: stride, padding: padding, shuffleFactor: shuffleFactor)
  }

  /// The passes over a source of this height and width.
  ///
  /// - Parameter propagatesGradient: whether the backward pass can compute the gradient with respect to the source.
  package func plan(
    height: Int, width: Int, propagatesGradient: Bool = true, in planner: inout LayerPlanner
  ) -> Convolution2DPlan {
    Convolution2DPlan(
      self, shape: shape(height: height, width: width), propagatesGradient: propagatesGradient,
      in: &planner)
  }
}

/// A ``Convolution2D``'s passes over one size of image.
///
/// Kernels of some shapes read their source through a PReLU of one slope. In all other cases, the plan applies the activation
/// to the source in scratch memory, in each pass again.
package struct Convolution2DPlan: Sendable {
  package let convolution: Convolution2D
  package let kernel: any Convolution2DKernel
  /// The activation that the kernel cannot read through.
  private let separateActivation: PReLU?
  private let preparedForward: Int
  private let preparedBias: Int
  /// Nil if the plan computes no gradient with respect to the source.
  private let preparedBackwardData: Int?

  init(
    _ convolution: Convolution2D, shape: Convolution2DShape, propagatesGradient: Bool,
    in planner: inout LayerPlanner
  ) {
    self.convolution = convolution
    separateActivation = convolution.through.flatMap { $0.isShared && shape.readsThroughPReLU ? nil : $0 }
    kernel = planner.kernels.makeConvolution2D(shape)
    preparedForward = planner.reservePrepared(kernel.preparedForwardCount)
    preparedBias = planner.reservePrepared(convolution.bias.count)
    preparedBackwardData =
      propagatesGradient && planner.purpose == .training
      ? planner.reservePrepared(kernel.preparedBackwardDataCount) : nil
    planner.needScratch(activatedCount + kernel.scratchCount)
  }

  /// Floats of scratch memory for the source after a separate activation. The kernel's scratch memory follows.
  private var activatedCount: Int {
    separateActivation == nil ? 0 : (shape.sourceCount + 15) / 16 * 16
  }

  private func kernelScratch(_ context: LayerContext) -> UnsafeMutablePointer<Float> {
    context.scratch + activatedCount
  }

  package var shape: Convolution2DShape { kernel.shape }
  package var firstParameter: Int { convolution.firstParameter }
  private var name: String { convolution.name }
  private var weight: ParameterLayout.Entry { convolution.weight }
  private var bias: ParameterLayout.Entry { convolution.bias }

  /// Writes the bias, and the weights in the kernel's form. The passes read these values instead of the parameters. Call this
  /// once per step, before any pass.
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

  /// - Parameter images: the number of images that lie one after the other in `source` and in `destination`.
  package func forward(
    _ source: UnsafePointer<Float>, into destination: UnsafeMutablePointer<Float>,
    images: Int = 1, context: LayerContext, activation: ConvolutionActivation = .identity
  ) {
    kernel.forward(
      read(source, images: images, context: context), preparedWeights: context.prepared + preparedForward,
      epilogue: ConvolutionEpilogue(bias: context.prepared + preparedBias, activation: activation),
      destination: destination, scratch: kernelScratch(context))
    context.observer?.layer(
      name, finished: .forward, values: destination, count: images * shape.destinationCount)
  }

  /// Writes this sample's parameter gradients. If `gradientSource` is given, overwrites it with the gradient with respect to
  /// the source, and writes the gradient with respect to the slopes of the source's activation.
  ///
  /// - Parameter images: the number of images that lie one after the other in the source and in the gradients.
  /// - Precondition: `images` is 1 if the pass writes parameter gradients.
  package func backward(
    source: UnsafePointer<Float>, gradientDestination: UnsafePointer<Float>,
    gradientSource: UnsafeMutablePointer<Float>?, images: Int = 1, context: LayerContext
  ) {
    precondition(
      images == 1 || context.gradients == nil,
      "\(name) computes parameter gradients for one sample, but has \(images) images")
    let read = read(source, images: images, context: context)
    if let gradients = context.gradients {
      kernel.backwardWeights(
        read, gradientDestination: gradientDestination, gradientWeights: gradients + weight.offset,
        gradientBias: gradients + bias.offset, scratch: kernelScratch(context))
      context.observer?.layer(
        name, finished: .backward, values: gradients + weight.offset, count: weight.count)
    }
    guard let gradientSource else { return }
    guard let preparedBackwardData else {
      preconditionFailure(
        "\(name) was planned without a gradient with respect to its source, but the pass needs one")
    }
    let gradientSlope = kernel.backwardData(
      read, gradientDestination: gradientDestination,
      preparedWeights: context.prepared + preparedBackwardData, gradientSource: gradientSource,
      scratch: kernelScratch(context))
    if let separateActivation {
      separateActivation.propagate(
        source: source, gradient: gradientSource, count: shape.sourceCount, context: context)
    } else if let activation = convolution.through, let gradientSlope {
      context.gradients?[activation.weight.offset] = gradientSlope
    }
    context.observer?.layer(
      name, finished: .backward, values: gradientSource, count: images * shape.sourceCount)
  }

  private func read(
    _ pixels: UnsafePointer<Float>, images: Int, context: LayerContext
  ) -> ConvolutionSource {
    guard let separateActivation else {
      return ConvolutionSource(pixels, images: images, slope: convolution.through?.slope(in: context))
    }
    precondition(images == 1, "\(name) applies \(separateActivation.name) to one image, but has \(images)")
    separateActivation.apply(pixels, into: context.scratch, count: shape.sourceCount, context: context)
    return ConvolutionSource(context.scratch)
  }
}
