import SRKernels
import SRTensor

/// max(0, x) + a min(0, x) with one learnable slope a, like PyTorch's `nn.PReLU()`.
///
/// If a single convolution follows, that convolution reads its source through the activation, and the passes here are not needed
/// (``Convolution2D/init(_:through:inputChannels:outputChannels:kernelSize:stride:padding:shufflesPixels:in:)``).
///
/// He et al.: "Delving deep into rectifiers" (2015).
package struct PReLU: Sendable {
  package let name: String
  /// The slope, shape [1].
  package let weight: ParameterLayout.Entry

  /// PyTorch's initial slope.
  package static let initialSlope: Float = 0.25

  package init(_ name: String, layout: inout ParameterLayout) {
    self.name = name
    weight = layout.append("\(name).weight", shape: [1])
  }

  /// The backward pass reads `source` again, so `destination` must be another buffer.
  package func forward(
    _ source: UnsafePointer<Float>, into destination: UnsafeMutablePointer<Float>, count: Int,
    context: LayerContext
  ) {
    context.kernels.preluForward(
      source: source, slope: slope(in: context), destination: destination, count: count)
    context.observer?.layer(name, finished: .forward, values: destination, count: count)
  }

  /// Turns the gradient with respect to the output into the gradient with respect to the source, in place.
  package func backward(
    source: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, count: Int,
    context: LayerContext
  ) {
    let slopeGradient = context.kernels.preluBackward(
      source: source, slope: slope(in: context), gradientDestination: gradient,
      gradientSource: gradient, count: count)
    context.gradients?[weight.offset] = slopeGradient
    context.observer?.layer(name, finished: .backward, values: gradient, count: count)
  }

  func slope(in context: LayerContext) -> Float { context.parameter(weight)[0] }
}
