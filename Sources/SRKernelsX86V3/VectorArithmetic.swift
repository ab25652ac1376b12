import CIntrinsics

// Written for each width: a comparison of a generic vector would be made lane by lane.

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
