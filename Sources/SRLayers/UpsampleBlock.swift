import SRKernels
import SRTensor

/// Conv 3x3 to 4 C channels, pixel shuffle to twice the height and width, PReLU.
///
/// Shi et al.: "Real-time single image and video super-resolution using an efficient sub-pixel CNN" (2016).
public struct UpsampleBlock: Sendable {
  public let convolution: Convolution2D
  public let activation: PReLU
  public let channels: Int

  /// The shuffled image, before the activation.
  private let shuffled: Int

  /// - Parameters:
  ///   - height: of the input; the output has twice that.
  ///   - width: of the input; the output has twice that.
  public init(
    _ name: String, height: Int, width: Int, channels: Int, layout: inout ParameterLayout,
    prepared: inout WorkspacePlanner, workspace: inout WorkspacePlanner, kernels: any KernelSet
  ) {
    self.channels = channels
    let shape = Convolution2DShape(
      inputHeight: height, inputWidth: width, inputChannels: channels,
      outputChannels: 4 * channels, kernelSize: 3, padding: 1, shufflesPixels: true)
    convolution = Convolution2D(
      "\(name).block.0", shape: shape, layout: &layout, prepared: &prepared, kernels: kernels)
    activation = PReLU("\(name).block.2", layout: &layout)
    shuffled = workspace.reserve(shape.destinationCount)
  }

  /// Floats of the output image, and of the convolution's.
  public var outputCount: Int { convolution.shape.destinationCount }

  /// The convolution, which stores its output shuffled.
  public func forward(
    _ input: UnsafePointer<Float>, workspace: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    convolution.forward(input, into: workspace + shuffled, context: context)
  }

  /// The activation: writes the block's output, ``outputCount`` floats. `workspace` is that of
  /// ``forward(_:workspace:context:)``.
  public func activate(
    into output: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>,
    context: LayerContext
  ) {
    activation.forward(workspace + shuffled, into: output, count: outputCount, context: context)
  }

  /// Overwrites `gradientInput`; destroys `gradient`.
  public func backward(
    input: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>,
    gradientInput: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>,
    context: LayerContext
  ) {
    activation.backward(
      source: workspace + shuffled, gradient: gradient, count: outputCount, context: context)
    convolution.backward(
      source: input, gradientDestination: gradient, gradientSource: gradientInput, context: context)
  }
}
