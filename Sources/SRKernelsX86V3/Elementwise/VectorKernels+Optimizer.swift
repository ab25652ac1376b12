import SRKernels

extension VectorKernels {
  package func adam(
    parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
    firstMoments: UnsafeMutablePointer<Float>, secondMoments: UnsafeMutablePointer<Float>, count: Int,
    stepSize: Float, beta1: Double, beta2: Double, epsilon: Float, secondCorrectionRoot: Float
  ) {
    let firstShare = Float(1 - beta1)
    let (secondDecay, secondShare) = (Float(beta2), Float(1 - beta2))
    for index in stride(from: 0, to: count, by: Vector.scalarCount) {
      let gradient = gradients.vector(at: index)
      let oldFirst = firstMoments.vector(at: index)
      let first = oldFirst + (gradient - oldFirst) * firstShare
      let second = secondMoments.vector(at: index) * secondDecay + gradient * gradient * secondShare
      firstMoments.store(first, at: index)
      secondMoments.store(second, at: index)
      let denominator = second.squareRoot() / secondCorrectionRoot + epsilon
      parameters.store(parameters.vector(at: index) - stepSize * (first / denominator), at: index)
    }
  }

  package func exponentialMovingAverage(
    average: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>, count: Int, decay: Double
  ) {
    let share = Float(1 - decay)
    for index in stride(from: 0, to: count, by: Vector.scalarCount) {
      let old = average.vector(at: index)
      average.store(old + (parameters.vector(at: index) - old) * share, at: index)
    }
  }
}
