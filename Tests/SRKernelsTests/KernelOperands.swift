import SRTensor
import Testing

/// Random operands. The same seed gives the same sequence.
struct KernelOperands {
  private var generator: PhiloxGenerator

  init(seed: UInt64) { generator = PhiloxGenerator(seed: seed, stream: 0) }

  /// Uniform floats. Every seventh is zero, where activations change.
  mutating func uniform(_ count: Int, from low: Float = -1, to high: Float = 1) -> [Float] {
    (0..<count).map { index in
      let value = low + (high - low) * generator.uniform()
      return index % 7 == 6 ? 0 : value
    }
  }
}

/// What `kernel` writes over `start`, or over NaNs if `start` is nil. The kernel must not touch the floats behind.
func written(
  _ count: Int, from start: [Float]? = nil, by kernel: (UnsafeMutablePointer<Float>) -> Void
) -> [Float] {
  let beyond = [Float](repeating: 12345, count: 16)
  var memory = (start ?? [Float](repeating: .nan, count: count)) + beyond
  memory.withUnsafeMutableBufferPointer { kernel($0.baseAddress!) }
  #expect(Array(memory[count...]) == beyond, "floats beyond the \(count) were written")
  return Array(memory[..<count])
}

/// Largest absolute difference, relative to the largest expected value; infinite if anything is not finite.
func relativeError(_ values: [Float], _ expected: [Double]) -> Double {
  guard values.count == expected.count, values.allSatisfy(\.isFinite) else { return .infinity }
  let error = zip(values, expected).map { abs(Double($0) - $1) }.max() ?? 0
  return error / max(expected.map(abs).max() ?? 0, .leastNormalMagnitude)
}

func doubles(_ values: [Float]) -> [Double] { values.map(Double.init) }
