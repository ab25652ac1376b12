import SRKernels
import SRTensor

/// Conv 3x3 to 4 C channels, pixel shuffle to twice the height and width, PReLU.
///
/// What is stored is the shuffled image before the activation; the layer above reads it through ``activation``.
///
/// Shi et al.: "Real-time single image and video super-resolution using an efficient sub-pixel CNN" (2016).
package struct UpsampleBlock: Sendable {
  package let convolution: Convolution2D
  package let activation: PReLU
  package let channels: Int

  /// The shuffled image, before the activation.
  private let shuffled: Int

  /// - Parameters:
  ///   - inputActivation: through which the input is read, that of the upsampling below.
  ///   - height: of the input; the output has twice that.
  ///   - width: of the input; the output has twice that.
  package init(
    _ name: String, through inputActivation: PReLU?, height: Int, width: Int, channels: Int,
    layout: inout ParameterLayout, prepared: inout WorkspacePlanner, workspace: inout WorkspacePlanner,
    kernels: any KernelSet
  ) {
    self.channels = channels
    let shape = Convolution2DShape(
      inputHeight: height, inputWidth: width, inputChannels: channels,
      outputChannels: 4 * channels, kernelSize: 3, padding: 1, shufflesPixels: true)
    convolution = Convolution2D(
      "\(name).block.0", through: inputActivation, shape: shape, layout: &layout, prepared: &prepared,
      kernels: kernels)
    activation = PReLU("\(name).block.2", layout: &layout)
    shuffled = workspace.reserve(shape.destinationCount)
  }

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

  /// Overwrites `gradientInput`, given the gradient by the output before the activation.
  package func backward(
    input: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    gradientInput: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    convolution.backward(
      source: input, gradientDestination: gradient, gradientSource: gradientInput, context: context)
  }
}
