import SRKernels

extension VectorKernels {
  public func adam(
    parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
    firstMoments: UnsafeMutablePointer<Float>, secondMoments: UnsafeMutablePointer<Float>, count: Int,
    stepSize: Float, beta1: Float, beta2: Float, epsilon: Float, secondCorrectionRoot: Float
  ) {
    for index in 0..<count {
      let gradient = gradients[index]
      let first = firstMoments[index] + (gradient - firstMoments[index]) * (1 - beta1)
      let second = secondMoments[index] * beta2 + gradient * gradient * (1 - beta2)
      firstMoments[index] = first
      secondMoments[index] = second
      let denominator = second.squareRoot() / secondCorrectionRoot + epsilon
      parameters[index] -= stepSize * (first / denominator)
    }
  }

  public func exponentialMovingAverage(
    average: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>, count: Int, decay: Float
  ) {
    for index in 0..<count { average[index] += (1 - decay) * (parameters[index] - average[index]) }
  }
}
