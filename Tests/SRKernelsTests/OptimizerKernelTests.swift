import SRKernelDispatch
import SRKernels
import Testing

/// The flat updates against their naive twins in double precision.
@Suite struct OptimizerKernelTests {
  /// Whole vectors, which both kernels require.
  static let counts = [16, 48, 4096]

  /// There are three steps, so that the moments matter.
  @Test(arguments: counts, CPULevel.supported())
  func adamAgreesWithReference(count: Int, level: CPULevel) {
    var operands = KernelOperands(seed: 7)
    let (beta1, beta2, epsilon): (Double, Double, Float) = (0.9, 0.999, 1e-8)
    var parameters = operands.uniform(count)
    var (first, second) = (operands.uniform(count), operands.uniform(count, from: 0))
    var expected = ReferenceAdamState(
      parameters: doubles(parameters), firstMoments: doubles(first), secondMoments: doubles(second))
    for step in 1...3 {
      let gradients = operands.uniform(count)
      let (stepSize, root) = (Float(0.01) * Float(step), Float(step) / 4)
      first = written(count, from: first) { firstMoments in
        second = written(count, from: second) { secondMoments in
          parameters = written(count, from: parameters) {
            level.kernels.adam(
              parameters: $0, gradients: gradients, firstMoments: firstMoments, secondMoments: secondMoments,
              count: count, stepSize: stepSize, beta1: beta1, beta2: beta2, epsilon: epsilon,
              secondCorrectionRoot: root)
          }
        }
      }
      Reference.adam(
        &expected, gradients: doubles(gradients), stepSize: Double(stepSize), beta1: beta1,
        beta2: beta2, epsilon: Double(epsilon), secondCorrectionRoot: Double(root))
    }
    #expect(relativeError(parameters, expected.parameters) <= 1e-6)
    #expect(relativeError(first, expected.firstMoments) <= 1e-6)
    #expect(relativeError(second, expected.secondMoments) <= 1e-6)
  }

  @Test(arguments: counts, CPULevel.supported())
  func scalingAndSumsAgreeWithReference(count: Int, level: CPULevel) {
    var operands = KernelOperands(seed: 9)
    let (values, others) = (operands.uniform(count), operands.uniform(count))
    let scaled = written(count, from: values) { level.kernels.scale($0, by: 0.3, count: count) }
    #expect(relativeError(scaled, Reference.scaled(doubles(values), by: 0.3)) <= 1e-7)
    let sum = written(count, from: values) {
      level.kernels.accumulate(others, scaledBy: -0.3, into: $0, count: count)
    }
    let expected = Reference.accumulated(doubles(others), scaledBy: -0.3, into: doubles(values))
    #expect(relativeError(sum, expected) <= 1e-7)
    let square = level.kernels.sumOfSquares(values, count: count)
    #expect(abs(square / Reference.sumOfSquares(doubles(values)) - 1) <= 1e-12)
  }

  @Test(arguments: counts, CPULevel.supported())
  func movingAverageAgreesWithReference(count: Int, level: CPULevel) {
    var operands = KernelOperands(seed: 8)
    let (average, parameters) = (operands.uniform(count), operands.uniform(count))
    for decay in [0, 0.25, 0.999] {
      let result = written(count, from: average) {
        level.kernels.exponentialMovingAverage(
          average: $0, parameters: parameters, count: count, decay: decay)
      }
      let expected = Reference.exponentialMovingAverage(
        average: doubles(average), parameters: doubles(parameters), decay: decay)
      #expect(relativeError(result, expected) <= 3e-7, "decay \(decay)")
    }
  }
}
