import SRKernels
import SRTensor

/// max(0, x) + a min(0, x), like PyTorch's `nn.PReLU`. The learned slope a is one number, or one for each channel.
///
/// If a single convolution follows, that convolution reads its source through the activation, and the passes here are not needed
/// (``Convolution2D/init(_:through:inputChannels:outputChannels:kernelSize:stride:padding:shuffleFactor:in:)``).
///
/// He et al.: "Delving deep into rectifiers" (2015).
package struct PReLU: Sendable {
  package let name: String
  /// The slopes, shape [1] or [channels].
  package let weight: ParameterLayout.Entry

  /// PyTorch's initial slope.
  package static let initialSlope: Float = 0.25

  /// Registers the slopes in `layout`.
  ///
  /// - Parameter slopes: 1, or the number of channels.
  package init(_ name: String, slopes: Int = 1, layout: inout ParameterLayout) {
    self.name = name
    weight = layout.append("\(name).weight", shape: [slopes])
  }

  /// Whether all channels have one slope.
  var isShared: Bool { weight.count == 1 }

  /// The backward pass reads `source` again, so `destination` must be another buffer.
  package func forward(
    _ source: UnsafePointer<Float>, into destination: UnsafeMutablePointer<Float>, count: Int,
    context: LayerContext
  ) {
    apply(source, into: destination, count: count, context: context)
    context.observer?.layer(name, finished: .forward, values: destination, count: count)
  }

  /// The forward pass, which no observer sees: it is part of the layer that follows.
  func apply(
    _ source: UnsafePointer<Float>, into destination: UnsafeMutablePointer<Float>, count: Int,
    context: LayerContext
  ) {
    if isShared {
      context.kernels.preluForward(
        source: source, slope: slope(in: context), destination: destination, count: count)
    } else {
      context.kernels.preluForward(
        source: source, slopes: context.parameter(weight), destination: destination,
        pixels: count / weight.count, channels: weight.count)
    }
  }

  /// Turns the gradient with respect to the output into the gradient with respect to the source, in place.
  ///
  /// - Precondition: if each channel has a slope, the pass writes parameter gradients.
  package func backward(
    source: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, count: Int,
    context: LayerContext
  ) {
    propagate(source: source, gradient: gradient, count: count, context: context)
    context.observer?.layer(name, finished: .backward, values: gradient, count: count)
  }

  /// The backward pass, which no observer sees.
  func propagate(
    source: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, count: Int,
    context: LayerContext
  ) {
    if isShared {
      let slopeGradient = context.kernels.preluBackward(
        source: source, slope: slope(in: context), gradientDestination: gradient,
        gradientSource: gradient, count: count)
      context.gradients?[weight.offset] = slopeGradient
    } else {
      guard let gradients = context.gradients else {
        preconditionFailure("\(name) has a slope for each channel, and no place for their gradients")
      }
      context.kernels.preluBackward(
        source: source, slopes: context.parameter(weight), gradientDestination: gradient,
        gradientSource: gradient, gradientSlopes: gradients + weight.offset,
        pixels: count / weight.count, channels: weight.count)
    }
  }

  /// Precondition: all channels have one slope.
  func slope(in context: LayerContext) -> Float {
    precondition(isShared, "\(name) has \(weight.count) slopes, but one was asked for")
    return context.parameter(weight)[0]
  }
}
