import SRKernels

extension WinogradConvolution: PReLUConvolution2DKernel {
  func forward(
    source: UnsafePointer<Float>, slope: Float, preparedWeights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, destination: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    convolve(
      forwardPlan, images: 1, source: source, sourceLayout, sourceSlope: slope,
      preparedWeights: preparedWeights, bias: bias, floor: -.infinity, destination: destination,
      destinationLayout, scratch: scratch)
  }

  func backwardData(
    source: UnsafePointer<Float>, slope: Float, gradientDestination: UnsafePointer<Float>,
    preparedWeights: UnsafePointer<Float>, gradientSource: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) -> Float {
    let slopeGradient = convolve(
      backwardPlan, images: 1, source: gradientDestination, destinationLayout,
      preparedWeights: preparedWeights, bias: nil, floor: -.infinity, destination: gradientSource,
      sourceLayout, destinationSource: PReLUSource(pixels: source, slope: slope), scratch: scratch)
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
