extension FeatureArchitecture {
  /// The smallest height and width of an image for which no layer's window is larger than the layer's input: 31 pixels for
  /// AlexNet.
  package var smallestImageSide: Int {
    layers.reversed().reduce(1) { side, layer in layer.smallestInput(forOutput: side) }
  }
}

extension FeatureArchitecture.Layer {
  /// The fewest input pixels along one side that give at least `output` pixels. `output` is 1 or more.
  fileprivate func smallestInput(forOutput output: Int) -> Int {
    switch self {
    case .convolution(_, _, let kernelSize, let stride, let padding):
      return max(1, (output - 1) * stride + kernelSize - 2 * padding)
    case .maxPooling(let kernelSize, let stride, let ceilMode):
      // In ceil mode, one pixel under the last window is enough, unless it is the only window.
      let last = ceilMode && output > 1 ? (output - 2) * stride + 1 : (output - 1) * stride
      return kernelSize + last
    case .fire:
      return output
    }
  }
}
