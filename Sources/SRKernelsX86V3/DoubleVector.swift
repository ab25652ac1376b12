/// Sixteen double-precision totals of single-precision terms.
struct DoubleVector {
  private var low: SIMD8<Double>
  private var high: SIMD8<Double>

  @inline(__always) static var zero: DoubleVector { DoubleVector(low: .zero, high: .zero) }

  @inline(__always) private init(low: SIMD8<Double>, high: SIMD8<Double>) {
    self.low = low
    self.high = high
  }

  @inline(__always) mutating func add(_ terms: Vector) {
    low += SIMD8<Double>(terms.lowHalf)
    high += SIMD8<Double>(terms.highHalf)
  }

  /// The totals, rounded once.
  @inline(__always) var rounded: Vector {
    Vector(lowHalf: SIMD8<Float>(low), highHalf: SIMD8<Float>(high))
  }
}
