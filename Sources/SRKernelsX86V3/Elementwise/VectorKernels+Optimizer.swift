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

  package func scale(_ values: UnsafeMutablePointer<Float>, by factor: Float, count: Int) {
    for index in stride(from: 0, to: count, by: Vector.scalarCount) {
      values.store(values.vector(at: index) * factor, at: index)
    }
  }

  package func accumulate(
    _ source: UnsafePointer<Float>, scaledBy factor: Float, into destination: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    for index in stride(from: 0, to: count, by: Vector.scalarCount) {
      destination.store(destination.vector(at: index).adding(factor, source.vector(at: index)), at: index)
    }
  }

  // The square of a float is exact in double precision. So it does not matter whether it is rounded before it is added.
  package func sumOfSquares(_ values: UnsafePointer<Float>, count: Int) -> Double {
    var (low, high) = (SIMD8<Double>.zero, SIMD8<Double>.zero)
    for index in stride(from: 0, to: count, by: Vector.scalarCount) {
      let vector = values.vector(at: index)
      let (first, second) = (SIMD8<Double>(vector.lowHalf), SIMD8<Double>(vector.highHalf))
      low += first * first
      high += second * second
    }
    let sums = low + high
    var total = 0.0
    for lane in 0..<sums.scalarCount { total += sums[lane] }
    return total
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
