import SRKernels

/// The enlargement of an image by a factor f: the pixel shuffle of f^2 maps for each channel, added to the image enlarged by
/// nearest. It has no parameters.
///
/// Wang et al.: "Real-ESRGAN" (2021), `SRVGGNetCompact`. Shi et al. (2016) for the pixel shuffle.
package struct ResidualShuffle: Sendable {
  /// PyTorch's name of the pixel shuffle.
  package let name: String
  /// Names of the two other operations.
  private let baseName: String
  private let sumName: String
  package let factor: Int

  /// - Parameter prefix: the beginning of the operations' names.
  package init(prefix: String, factor: Int) {
    name = "\(prefix)upsampler"
    baseName = "\(prefix)base"
    sumName = "\(prefix)sum"
    self.factor = factor
  }

  /// - Parameters:
  ///   - maps: f^2 times the channels of `base`.
  ///   - base: the image, whose shape is `shape`.
  ///   - destination: f times the height and width.
  package func forward(
    _ maps: UnsafePointer<Float>, base: UnsafePointer<Float>, _ shape: ImageShape,
    into destination: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    context.kernels.shufflePixels(
      maps, factor: factor, addingTo: base, shape, destination: destination)
    context.observer?.layer(
      name, finished: .forward, values: destination, count: shape.count * factor * factor)
  }

  /// Writes the gradient with respect to the maps.
  package func backward(
    gradient: UnsafePointer<Float>, _ shape: ImageShape, gradientMaps: UnsafeMutablePointer<Float>,
    context: LayerContext
  ) {
    context.kernels.unshufflePixels(gradient, factor: factor, shape, gradientSource: gradientMaps)
    context.observer?.layer(
      name, finished: .backward, values: gradientMaps, count: shape.count * factor * factor)
  }
}

extension ResidualShuffle {
  package func append(
    to graph: inout NetworkGraph, _ maps: NetworkGraph.Value, base: NetworkGraph.Value
  ) -> NetworkGraph.Value {
    guard factor > 1 else { return graph.append(.add, sumName, maps, base) }
    let shuffled = graph.append(.pixelShuffle(factor: factor), name, maps)
    let enlarged = graph.append(.nearestUpsampling(factor: factor), baseName, base)
    return graph.append(.add, sumName, shuffled, enlarged)
  }
}
