extension FeatureArchitecture {
  /// Height and width that an image must have at least, so that no layer's window is larger than what it is given:
  /// 31 pixels for AlexNet.
  package var smallestImageSide: Int {
    layers.reversed().reduce(1) { side, layer in layer.smallestInput(forOutput: side) }
  }
}

extension FeatureArchitecture.Layer {
  /// Pixels along one side that give at least `output`, 1 or more, of them.
  fileprivate func smallestInput(forOutput output: Int) -> Int {
    switch self {
    case .convolution(_, _, let kernelSize, let stride, let padding):
      return max(1, (output - 1) * stride + kernelSize - 2 * padding)
    case .maxPooling(let kernelSize, let stride, let ceilMode):
      // With ceil mode, one pixel under the last window is enough, where it is not the only window.
      let last = ceilMode && output > 1 ? (output - 2) * stride + 1 : (output - 1) * stride
      return kernelSize + last
    case .fire:
      return output
    }
  }
}
