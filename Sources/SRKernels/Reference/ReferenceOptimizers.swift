/// What an Adam step reads and writes.
package struct ReferenceAdamState<T: BinaryFloatingPoint> {
  package var parameters: [T]
  package var firstMoments: [T]
  package var secondMoments: [T]

  package init(parameters: [T], firstMoments: [T], secondMoments: [T]) {
    self.parameters = parameters
    self.firstMoments = firstMoments
    self.secondMoments = secondMoments
  }
}

extension ReferenceAdamState: Sendable where T: Sendable {}

extension Reference {
  /// One Adam step. See
  /// ``OptimizerKernels/adam(parameters:gradients:firstMoments:secondMoments:count:stepSize:beta1:beta2:epsilon:secondCorrectionRoot:)``.
  package static func adam<T: BinaryFloatingPoint>(
    _ state: inout ReferenceAdamState<T>, gradients: [T], stepSize: T, beta1: T, beta2: T, epsilon: T,
    secondCorrectionRoot: T
  ) {
    for (i, gradient) in gradients.enumerated() {
      let first = beta1 * state.firstMoments[i] + (1 - beta1) * gradient
      let second = beta2 * state.secondMoments[i] + (1 - beta2) * gradient * gradient
      state.firstMoments[i] = first
      state.secondMoments[i] = second
      state.parameters[i] -= stepSize * first / (second.squareRoot() / secondCorrectionRoot + epsilon)
    }
  }

  /// values[i] * factor
  package static func scaled<T: BinaryFloatingPoint>(_ values: [T], by factor: T) -> [T] {
    values.map { $0 * factor }
  }

  /// destination[i] + factor * source[i]
  package static func accumulated<T: BinaryFloatingPoint>(
    _ source: [T], scaledBy factor: T, into destination: [T]
  ) -> [T] {
    zip(source, destination).map { factor * $0 + $1 }
  }

  /// sum over i of values[i]^2
  package static func sumOfSquares<T: BinaryFloatingPoint>(_ values: [T]) -> T {
    values.reduce(0) { $0 + $1 * $1 }
  }

  /// average[i] + (1 - decay) * (parameters[i] - average[i])
  package static func exponentialMovingAverage<T: BinaryFloatingPoint>(
    average: [T], parameters: [T], decay: T
  ) -> [T] {
    zip(average, parameters).map { $0 + (1 - decay) * ($1 - $0) }
  }
}
