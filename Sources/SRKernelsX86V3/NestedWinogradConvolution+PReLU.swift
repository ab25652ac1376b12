import SRKernels

/// The source, read through the PReLU, is the wide side.
extension NestedWinogradConvolution: PReLUConvolution2DKernel {
  func forward(
    source: UnsafePointer<Float>, slope: Float, preparedWeights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, destination: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    wideToNarrow(
      source, slope: slope, preparedWeights, bias: bias, activation: .identity, into: destination,
      scratch: scratch)
  }

  func backwardData(
    source: UnsafePointer<Float>, slope: Float, gradientDestination: UnsafePointer<Float>,
    preparedWeights: UnsafePointer<Float>, gradientSource: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) -> Float {
    let slopeGradient = narrowToWide(
      gradientDestination, preparedWeights, bias: nil, activation: .identity, into: gradientSource,
      destinationSource: PReLUSource(pixels: source, slope: slope), scratch: scratch)
    return Float(slopeGradient)
  }

  func backwardWeights(
    source: UnsafePointer<Float>, slope: Float, gradientDestination: UnsafePointer<Float>,
    gradientWeights: UnsafeMutablePointer<Float>, gradientBias: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    backwardWeights(
      source: source, sourceSlope: slope, gradientDestination: gradientDestination,
      gradientWeights: gradientWeights, gradientBias: gradientBias, scratch: scratch)
  }
}
