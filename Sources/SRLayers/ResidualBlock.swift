import SRKernels
import SRTensor

/// x + [SE](Conv 3x3 (PReLU (Conv 3x3 (x)))), without batch normalisation.
///
/// Ledig et al.: "Photo-realistic single image super-resolution using a GAN" (2017), with the attention of
/// ``SqueezeExcitation`` where asked for.
public struct ResidualBlock: Sendable {
  public let convolution1: Convolution2D
  public let activation: PReLU
  public let convolution2: Convolution2D
  public let attention: SqueezeExcitation?

  /// Outputs of convolution 1, the activation, convolution 2, and the block.
  private let features1: Int
  private let activated: Int
  private let features2: Int
  private let output: Int

  /// - Parameter attentionReduction: nil for the vanilla block.
  public init(
    _ name: String, height: Int, width: Int, channels: Int, attentionReduction: Int?,
    layout: inout ParameterLayout, prepared: inout WorkspacePlanner,
    workspace: inout WorkspacePlanner, kernels: any KernelSet
  ) {
    let shape = Convolution2DShape(
      inputHeight: height, inputWidth: width, inputChannels: channels, outputChannels: channels,
      kernelSize: 3, padding: 1)
    convolution1 = Convolution2D(
      "\(name).block.0", shape: shape, layout: &layout, prepared: &prepared, kernels: kernels)
    activation = PReLU("\(name).block.1", layout: &layout)
    convolution2 = Convolution2D(
      "\(name).block.2", shape: shape, layout: &layout, prepared: &prepared, kernels: kernels)
    attention = attentionReduction.map {
      SqueezeExcitation(
        "\(name).attention", channels: channels, reduction: $0, pixels: height * width,
        layout: &layout, workspace: &workspace)
    }
    features1 = workspace.reserve(shape.destinationCount)
    activated = workspace.reserve(shape.destinationCount)
    features2 = workspace.reserve(shape.destinationCount)
    output = workspace.reserve(shape.destinationCount)
  }

  /// Where the forward pass leaves the block's output.
  public func output(in workspace: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    workspace + output
  }

  public var convolutions: [Convolution2D] { [convolution1, convolution2] }
  /// Arena offset of the block's first parameter.
  public var firstParameter: Int { convolution1.weight.offset }

  /// Returns the block's output, which lies in the workspace.
  public func forward(
    _ input: UnsafePointer<Float>, workspace: UnsafeMutablePointer<Float>, context: LayerContext
  ) -> UnsafePointer<Float> {
    let count = convolution1.shape.destinationCount
    let output = workspace + self.output
    convolution1.forward(input, into: workspace + features1, context: context)
    activation.forward(
      workspace + features1, into: workspace + activated, count: count, context: context)
    convolution2.forward(workspace + activated, into: workspace + features2, context: context)
    if let attention {
      attention.forward(
        workspace + features2, identity: input, into: output, workspace: workspace, context: context
      )
    } else {
      context.kernels.add(input, workspace + features2, destination: output, count: count)
    }
    return UnsafePointer(output)
  }

  /// Turns `gradient`, in place, from that by the output into that by the input.
  ///
  /// `temporary1` and `temporary2` hold an image each.
  public func backward(
    input: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>,
    temporary1: UnsafeMutablePointer<Float>, temporary2: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    let count = convolution1.shape.destinationCount
    var gradientFeatures2 = UnsafePointer(gradient)
    if let attention {
      attention.backward(
        image: workspace + features2, gradientDestination: gradient, gradientImage: temporary1,
        workspace: workspace, context: context)
      gradientFeatures2 = UnsafePointer(temporary1)
    }
    convolution2.backward(
      source: workspace + activated, gradientDestination: gradientFeatures2,
      gradientSource: temporary2, context: context)
    activation.backward(
      source: workspace + features1, gradient: temporary2, count: count, context: context)
    convolution1.backward(
      source: input, gradientDestination: temporary2, gradientSource: temporary1, context: context)
    context.kernels.accumulate(temporary1, into: gradient, count: count)
  }
}
