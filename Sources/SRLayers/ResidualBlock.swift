import SRKernels
import SRTensor

/// x + [SE](Conv 3x3 (PReLU (Conv 3x3 (x)))), without batch normalisation.
///
/// Ledig et al.: "Photo-realistic single image super-resolution using a GAN" (2017), with the attention of
/// ``SqueezeExcitation`` where asked for.
package struct ResidualBlock: Sendable {
  package let convolution1: Convolution2D
  package let activation: PReLU
  package let convolution2: Convolution2D
  package let attention: SqueezeExcitation?

  /// Outputs of convolution 1, convolution 2, and the block. Convolution 2 reads that of convolution 1 through the
  /// activation, whose output is nowhere stored.
  private let features1: Int
  private let features2: Int
  private let output: Int

  /// - Parameter attentionReduction: nil for the vanilla block.
  package init(
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
      "\(name).block.2", through: activation, shape: shape, layout: &layout, prepared: &prepared,
      kernels: kernels)
    attention = attentionReduction.map {
      SqueezeExcitation(
        "\(name).attention", channels: channels, reduction: $0, pixels: height * width,
        layout: &layout, workspace: &workspace)
    }
    features1 = workspace.reserve(shape.destinationCount)
    features2 = workspace.reserve(shape.destinationCount)
    output = workspace.reserve(shape.destinationCount)
  }

  /// Where the forward pass leaves the block's output.
  package func output(in workspace: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    workspace + output
  }

  package var convolutions: [Convolution2D] { [convolution1, convolution2] }
  /// Arena offset of the block's first parameter.
  package var firstParameter: Int { convolution1.weight.offset }

  // Each pass comes in two halves, one convolution each: images that go through the network together take a half one
  // after the other, while its weights are in the cache.

  /// The first half of the forward pass: convolution 1.
  package func forwardFirst(
    _ input: UnsafePointer<Float>, workspace: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    convolution1.forward(input, into: workspace + features1, context: context)
  }

  /// The second half of the forward pass: activation, convolution 2, attention, and the identity added.
  package func forwardSecond(
    _ input: UnsafePointer<Float>, workspace: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    let count = convolution1.shape.destinationCount
    convolution2.forward(workspace + features1, into: workspace + features2, context: context)
    if let attention {
      attention.forward(
        workspace + features2, identity: input, into: workspace + output, workspace: workspace,
        context: context)
    } else {
      context.kernels.add(input, workspace + features2, destination: workspace + output, count: count)
    }
  }

  /// The first half of the backward pass: from `gradient` by the output back to `gradientFeatures` by convolution 1's
  /// output. `gradient` is left alone, as the identity passes it on.
  ///
  /// `temporary` holds an image.
  package func backwardSecond(
    gradient: UnsafePointer<Float>, gradientFeatures: UnsafeMutablePointer<Float>,
    temporary: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    var gradientFeatures2 = gradient
    if let attention {
      attention.backward(
        image: workspace + features2, gradientDestination: gradient, gradientImage: temporary,
        workspace: workspace, context: context)
      gradientFeatures2 = UnsafePointer(temporary)
    }
    convolution2.backward(
      source: workspace + features1, gradientDestination: gradientFeatures2, gradientSource: gradientFeatures,
      context: context)
  }

  /// The second half of the backward pass: adds what comes through convolution 1 to `gradient`, which so turns from
  /// that by the output into that by the input.
  ///
  /// `temporary` holds an image.
  package func backwardFirst(
    input: UnsafePointer<Float>, gradientFeatures: UnsafePointer<Float>,
    gradient: UnsafeMutablePointer<Float>, temporary: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    convolution1.backward(
      source: input, gradientDestination: gradientFeatures, gradientSource: temporary, context: context)
    context.kernels.accumulate(temporary, into: gradient, count: convolution1.shape.destinationCount)
  }
}
