import SRKernelDispatch
import SRKernels
import Testing

/// Flat loops against their naive twins in double precision. Some counts are whole vectors, and some are not.
@Suite struct ElementwiseKernelTests {
  enum Kernel: String, CaseIterable {
    case accumulate, add, addInPlace, preluForward, preluBackward, preluBackwardInPlace, reluBackward
  }

  /// The last three are a whole block of the PReLU's sums, a block and part of a vector, and two blocks and a part.
  static let counts = [1, 15, 16, 17, 100, 4096, 4099, 8211]
  static let slope: Float = 0.2

  @Test(arguments: Kernel.allCases, CPULevel.supported())
  func agreesWithReference(kernel: Kernel, level: CPULevel) {
    for count in Self.counts {
      var operands = KernelOperands(seed: 1)
      let (a, b) = (operands.uniform(count), operands.uniform(count))
      let error = relativeError(kernel.run(level.kernels, a, b), kernel.reference(doubles(a), doubles(b)))
      #expect(error <= 1e-7, "\(kernel) of \(count)")
    }
  }

  /// The result is one sum over all elements. Its error is judged by the size of the terms.
  @Test(arguments: counts, CPULevel.supported())
  func slopeGradientAgreesWithReference(count: Int, level: CPULevel) {
    var operands = KernelOperands(seed: 2)
    let (source, gradient) = (operands.uniform(count), operands.uniform(count))
    var slope: Float = 0
    _ = written(count) {
      slope = level.kernels.preluBackward(
        source: source, slope: Self.slope, gradientDestination: gradient, gradientSource: $0, count: count)
    }
    let expected = Reference.preluBackward(
      source: doubles(source), slope: Double(Self.slope), gradientDestination: doubles(gradient)
    ).slope
    let terms = zip(source, gradient).reduce(0.0) { $0 + abs(Double($1.0) * Double($1.1)) }
    #expect(abs(Double(slope) - expected) <= 1e-6 * terms)
  }

  @Test(arguments: counts, CPULevel.supported())
  func findsTheOneValueThatIsNotFinite(count: Int, level: CPULevel) {
    var operands = KernelOperands(seed: 3)
    var values = operands.uniform(count)
    values[0] = .greatestFiniteMagnitude
    values[count - 1] = -.greatestFiniteMagnitude
    #expect(level.kernels.allFinite(values, count: count) && Reference.allFinite(values))
    for position in Set([0, count / 2, count - 1]) {
      for value in [Float.nan, .infinity, -.infinity] {
        var bad = values
        bad[position] = value
        #expect(!level.kernels.allFinite(bad, count: count), "\(value) at \(position) of \(count)")
        #expect(!Reference.allFinite(bad))
      }
    }
  }
}

extension ElementwiseKernelTests.Kernel {
  private static var slope: Float { ElementwiseKernelTests.slope }

  func reference(_ a: [Double], _ b: [Double]) -> [Double] {
    switch self {
    case .accumulate, .add, .addInPlace: Reference.add(a, b)
    case .preluForward: Reference.preluForward(source: a, slope: Double(Self.slope))
    case .preluBackward, .preluBackwardInPlace:
      Reference.preluBackward(source: a, slope: Double(Self.slope), gradientDestination: b).source
    case .reluBackward: Reference.reluBackward(output: a, gradient: b)
    }
  }

  func run(_ kernels: any KernelSet, _ a: [Float], _ b: [Float]) -> [Float] {
    let count = a.count
    switch self {
    case .accumulate: return written(count, from: b) { kernels.accumulate(a, into: $0, count: count) }
    case .add: return written(count) { kernels.add(a, b, destination: $0, count: count) }
    case .addInPlace: return written(count, from: b) { kernels.add(a, $0, destination: $0, count: count) }
    case .preluForward:
      return written(count) {
        kernels.preluForward(source: a, slope: Self.slope, destination: $0, count: count)
      }
    case .preluBackward:
      return written(count) {
        _ = kernels.preluBackward(
          source: a, slope: Self.slope, gradientDestination: b, gradientSource: $0, count: count)
      }
    case .preluBackwardInPlace:
      return written(count, from: b) {
        _ = kernels.preluBackward(
          source: a, slope: Self.slope, gradientDestination: $0, gradientSource: $0, count: count)
      }
    case .reluBackward:
      return written(count, from: b) { kernels.reluBackward(output: a, gradient: $0, count: count) }
    }
  }
}
