extension Vector {
  /// self + scale * other, rounded once.
  @inline(always)
  func adding(_ scale: Float, _ other: Vector) -> Vector {
    self.addingProduct(Vector(repeating: scale), other)
  }
}

/// max(value, floor), lane by lane; a NaN stays a NaN.
@inline(always)
func atLeast(_ value: Vector, _ floor: Vector) -> Vector {
  value.replacing(with: floor, where: value .< floor)
}
