import SRKernels
import SRTensor

/// The parameters of a residual block: x + A(Conv 3x3 (PReLU (Conv 3x3 (x)))), without batch normalisation. A is the
/// ``ChannelAttention``. A block without attention has no A.
///
/// Ledig et al.: "Photo-realistic single image super-resolution using a GAN" (2017).
package struct ResidualBlock: Sendable {
  package let name: String
  package let convolution1: Convolution2D
  package let activation: PReLU
  package let convolution2: Convolution2D
  package let attention: (any ChannelAttention)?

  /// Registers the parameters in `layout`.
  ///
  /// - Parameter attention: makes the attention, given the attention's name. Returns nil for a block without attention.
  package init(
    _ name: String, channels: Int, in layout: inout ParameterLayout,
    attention: (_ name: String, _ layout: inout ParameterLayout) -> (any ChannelAttention)?
  ) {
    self.name = name
    convolution1 = Convolution2D(
      "\(name).block.0", inputChannels: channels, outputChannels: channels, kernelSize: 3, in: &layout)
    activation = PReLU("\(name).block.1", layout: &layout)
    convolution2 = Convolution2D(
      "\(name).block.2", through: activation, inputChannels: channels, outputChannels: channels,
      kernelSize: 3, in: &layout)
    self.attention = attention("\(name).attention", &layout)
  }

  /// The passes over images of this height and width. The images' maps lie at `maps`.
  ///
  /// - Parameter workspace: the attention reserves room here for the values that it keeps for an image.
  package func plan(
    height: Int, width: Int, maps: ResidualBlockPlan.Maps, workspace: inout WorkspacePlanner,
    in planner: inout LayerPlanner
  ) -> ResidualBlockPlan {
    ResidualBlockPlan(
      convolution1: convolution1.plan(height: height, width: width, in: &planner),
      convolution2: convolution2.plan(height: height, width: width, in: &planner),
      attention: attention?.plan(height: height, width: width, workspace: &workspace), maps: maps)
  }
}

/// A ``ResidualBlock``'s passes over one size of image.
///
/// Each pass has two halves, with one convolution each. Images that go through the network together go through a half one after
/// the other, while the half's weights are in the cache.
package struct ResidualBlockPlan: Sendable {
  /// Places in a workspace of the outputs of convolution 1, convolution 2 and the block. Convolution 2 reads convolution 1's
  /// output through the activation. The activation's output is not stored.
  package struct Maps: Sendable {
    package var features1: Int
    package var features2: Int
    package var output: Int

    package init(features1: Int, features2: Int, output: Int) {
      self.features1 = features1
      self.features2 = features2
      self.output = output
    }

    /// Reserves separate maps of `count` floats each. A backward pass finds them as the forward pass left them.
    package init(reserving count: Int, in workspace: inout WorkspacePlanner) {
      features1 = workspace.reserve(count)
      features2 = workspace.reserve(count)
      output = workspace.reserve(count)
    }
  }

  package let convolution1: Convolution2DPlan
  package let convolution2: Convolution2DPlan
  let attention: (any ChannelAttentionPlan)?
  let maps: Maps

  /// Where the forward pass leaves the block's output.
  package func output(in workspace: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    workspace + maps.output
  }

  package var convolutions: [Convolution2DPlan] { [convolution1, convolution2] }
  /// Arena offset of the block's first parameter.
  package var firstParameter: Int { convolution1.firstParameter }

  /// The first half of the forward pass: convolution 1.
  package func forwardFirst(
    _ input: UnsafePointer<Float>, workspace: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    convolution1.forward(input, into: workspace + maps.features1, context: context)
  }

  /// The second half of the forward pass: activation, convolution 2, attention, and addition of the identity.
  package func forwardSecond(
    _ input: UnsafePointer<Float>, workspace: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    let count = convolution1.shape.destinationCount
    convolution2.forward(workspace + maps.features1, into: workspace + maps.features2, context: context)
    if let attention {
      attention.forward(
        workspace + maps.features2, identity: input, into: workspace + maps.output, workspace: workspace,
        context: context)
    } else {
      context.kernels.add(
        input, workspace + maps.features2, destination: workspace + maps.output, count: count)
    }
  }

  /// The first half of the backward pass. `gradient` is the gradient with respect to the output. Writes the gradient with respect
  /// to convolution 1's output to `gradientFeatures`. Leaves `gradient` unchanged, because the identity passes it on.
  ///
  /// `temporary` holds an image.
  package func backwardSecond(
    gradient: UnsafePointer<Float>, gradientFeatures: UnsafeMutablePointer<Float>,
    temporary: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    var gradientFeatures2 = gradient
    if let attention {
      attention.backward(
        image: workspace + maps.features2, gradientDestination: gradient, gradientImage: temporary,
        workspace: workspace, context: context)
      gradientFeatures2 = UnsafePointer(temporary)
    }
    convolution2.backward(
      source: workspace + maps.features1, gradientDestination: gradientFeatures2,
      gradientSource: gradientFeatures, context: context)
  }

  /// The second half of the backward pass: adds convolution 1's gradient with respect to its source to `gradient`. Then
  /// `gradient` is the gradient with respect to the block's input.
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
