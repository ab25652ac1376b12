import SRKernels
import SRTensor

/// x + A(Conv 3x3 (PReLU (Conv 3x3 (x)))), without batch normalisation: its parameters. A is the ``ChannelAttention``, or
/// nothing.
///
/// Ledig et al.: "Photo-realistic single image super-resolution using a GAN" (2017).
package struct ResidualBlock: Sendable {
  package let convolution1: Convolution2D
  package let activation: PReLU
  package let convolution2: Convolution2D
  package let attention: (any ChannelAttention)?

  /// Registers the parameters in `layout`.
  ///
  /// - Parameter attention: makes the attention, given its name; it returns nil for a block without.
  package init(
    _ name: String, channels: Int, in layout: inout ParameterLayout,
    attention: (_ name: String, _ layout: inout ParameterLayout) -> (any ChannelAttention)?
  ) {
    convolution1 = Convolution2D(
      "\(name).block.0", inputChannels: channels, outputChannels: channels, kernelSize: 3, in: &layout)
    activation = PReLU("\(name).block.1", layout: &layout)
    convolution2 = Convolution2D(
      "\(name).block.2", through: activation, inputChannels: channels, outputChannels: channels,
      kernelSize: 3, in: &layout)
    self.attention = attention("\(name).attention", &layout)
  }

  /// The passes over images of this height and width, whose maps lie at `maps`.
  ///
  /// - Parameter workspace: where the attention reserves room for what it keeps of an image.
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
/// Each pass comes in two halves, one convolution each: images that go through the network together take a half one after
/// the other, while its weights are in the cache.
package struct ResidualBlockPlan: Sendable {
  /// Where the outputs of convolution 1, convolution 2 and the block lie in a workspace. Convolution 2 reads that of
  /// convolution 1 through the activation, whose output is stored nowhere.
  package struct Maps: Sendable {
    package var features1: Int
    package var features2: Int
    package var output: Int

    package init(features1: Int, features2: Int, output: Int) {
      self.features1 = features1
      self.features2 = features2
      self.output = output
    }

    /// Maps of their own, of `count` floats each, which a backward pass finds as the forward pass left them.
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

  /// The second half of the forward pass: activation, convolution 2, attention, and the identity added.
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

  /// The first half of the backward pass: from `gradient`, with respect to the output, back to `gradientFeatures`, with respect
  /// to convolution 1's output. `gradient` is left alone, as the identity passes it on.
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

  /// The second half of the backward pass: adds what comes through convolution 1 to `gradient`. So `gradient` turns from the
  /// gradient with respect to the output into that with respect to the input.
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
