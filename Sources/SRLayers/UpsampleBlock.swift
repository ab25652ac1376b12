import SRKernels
import SRTensor

/// The parameters of an upsampling by a factor f, which is 2 or 3: Conv 3x3 to f^2 C channels, pixel shuffle to f times the
/// height and width, PReLU.
///
/// The block stores the shuffled image before the activation. The next layer reads the image through ``activation``.
///
/// Shi et al.: "Real-time single image and video super-resolution using an efficient sub-pixel CNN" (2016).
package struct UpsampleBlock: Sendable {
  package let convolution: Convolution2D
  package let activation: PReLU
  /// PyTorch's name for the pixel shuffle.
  let shuffleName: String
  /// The output's height divided by the input's.
  package let factor: Int

  /// Registers the parameters in `layout`.
  ///
  /// - Parameter inputActivation: the activation through which the block reads its input: the previous upsampling's, if there is
  ///   one.
  package init(
    _ name: String, through inputActivation: PReLU?, channels: Int, factor: Int,
    in layout: inout ParameterLayout
  ) {
    self.factor = factor
    shuffleName = "\(name).block.1"
    convolution = Convolution2D(
      "\(name).block.0", through: inputActivation, inputChannels: channels,
      outputChannels: factor * factor * channels, kernelSize: 3, shuffleFactor: factor, in: &layout)
    activation = PReLU("\(name).block.2", layout: &layout)
  }

  /// The passes over an input of this height and width. The output has ``factor`` times the height and width.
  package func plan(
    height: Int, width: Int, workspace: inout WorkspacePlanner, in planner: inout LayerPlanner
  ) -> UpsampleBlockPlan {
    let convolution = convolution.plan(height: height, width: width, in: &planner)
    return UpsampleBlockPlan(
      convolution: convolution, shuffled: workspace.reserve(convolution.shape.destinationCount))
  }
}

/// An ``UpsampleBlock``'s passes over one size of image.
package struct UpsampleBlockPlan: Sendable {
  package let convolution: Convolution2DPlan
  /// Place of the shuffled image, before the activation.
  let shuffled: Int

  /// Where the forward pass leaves the output, before the activation.
  package func output(in workspace: UnsafeMutablePointer<Float>) -> UnsafePointer<Float> {
    UnsafePointer(workspace + shuffled)
  }

  /// Stores the output in `workspace`.
  package func forward(
    _ input: UnsafePointer<Float>, workspace: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    convolution.forward(input, into: workspace + shuffled, context: context)
  }

  /// Overwrites `gradientInput`, given the gradient with respect to the output before the activation.
  package func backward(
    input: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    gradientInput: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    convolution.backward(
      source: input, gradientDestination: gradient, gradientSource: gradientInput, context: context)
  }
}
