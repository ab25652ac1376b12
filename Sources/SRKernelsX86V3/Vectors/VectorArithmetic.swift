import CIntrinsics

// Written out for each width: the compiler would compare a generic vector lane by lane.

extension SIMD16<Float> {
  /// self + left * right, rounded once.
  @inline(always)
  func addingProduct(_ left: Self, _ right: Self) -> Self { multiply_add16(left, right, self) }

  @inline(always)
  mutating func addProduct(_ left: Self, _ right: Self) { self = addingProduct(left, right) }

  /// self + scale * other, rounded once.
  @inline(always)
  func adding(_ scale: Float, _ other: Self) -> Self {
    self.addingProduct(Self(repeating: scale), other)
  }
}

extension SIMD8<Float> {
  /// self + left * right, rounded once.
  @inline(always)
  func addingProduct(_ left: Self, _ right: Self) -> Self { multiply_add8(left, right, self) }

  @inline(always)
  mutating func addProduct(_ left: Self, _ right: Self) { self = addingProduct(left, right) }

  /// self + scale * other, rounded once.
  @inline(always)
  func adding(_ scale: Float, _ other: Self) -> Self {
    self.addingProduct(Self(repeating: scale), other)
  }
}

/// max(value, floor), lane by lane; a NaN stays a NaN.
@inline(always)
func atLeast(_ value: SIMD16<Float>, _ floor: SIMD16<Float>) -> SIMD16<Float> {
  value.replacing(with: floor, where: value .< floor)
}

/// max(value, floor), lane by lane; a NaN stays a NaN.
@inline(always)
func atLeast(_ value: SIMD8<Float>, _ floor: SIMD8<Float>) -> SIMD8<Float> {
  value.replacing(with: floor, where: value .< floor)
}

/// PReLU: value > 0 ? value : slope * value, lane by lane.
@inline(__always) func prelu(_ value: Vector, _ slope: Vector) -> Vector {
  value.replacing(with: value * slope, where: value .<= 0)
}

/// PReLU's derivative times `gradient`, lane by lane. Adds to `sum` what this adds to the gradient with respect to the
/// slope.
@inline(__always) func preluGradient(
  _ value: Vector, _ slope: Vector, _ gradient: Vector, sum: inout Vector
) -> Vector {
  let negative = value .<= 0
  sum += Vector.zero.replacing(with: gradient * value, where: negative)
  return gradient.replacing(with: gradient * slope, where: negative)
}

/// Sixteen double-precision totals of single-precision terms.
struct DoubleVector {
  private var low: SIMD8<Double>
  private var high: SIMD8<Double>

  @inline(__always) static var zero: DoubleVector { DoubleVector(low: .zero, high: .zero) }

  @inline(__always) private init(low: SIMD8<Double>, high: SIMD8<Double>) {
    self.low = low
    self.high = high
  }

  /// The totals that were stored at `totals`.
  @inline(__always) init(_ totals: UnsafePointer<Double>) {
    low = UnsafeRawPointer(totals).loadUnaligned(as: SIMD8<Double>.self)
    high = UnsafeRawPointer(totals + 8).loadUnaligned(as: SIMD8<Double>.self)
  }

  @inline(__always) func store(to totals: UnsafeMutablePointer<Double>) {
    UnsafeMutableRawPointer(totals).storeBytes(of: low, as: SIMD8<Double>.self)
    UnsafeMutableRawPointer(totals + 8).storeBytes(of: high, as: SIMD8<Double>.self)
  }

  @inline(__always) mutating func add(_ terms: Vector) {
    low += SIMD8<Double>(terms.lowHalf)
    high += SIMD8<Double>(terms.highHalf)
  }

  @inline(__always) mutating func subtract(_ terms: Vector) {
    low -= SIMD8<Double>(terms.lowHalf)
    high -= SIMD8<Double>(terms.highHalf)
  }

  @inline(__always) mutating func add(_ other: DoubleVector) {
    low += other.low
    high += other.high
  }

  @inline(__always) mutating func subtract(_ other: DoubleVector) {
    low -= other.low
    high -= other.high
  }

  /// The totals, rounded once.
  @inline(__always) var rounded: Vector {
    Vector(lowHalf: SIMD8<Float>(low), highHalf: SIMD8<Float>(high))
  }
}
