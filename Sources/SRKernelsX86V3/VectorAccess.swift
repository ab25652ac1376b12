/// Sixteen channels: what kernels work on.
typealias Vector = SIMD16<Float>

#if SRDIST_X86_V4
  /// The channels that fit one register of the CPU level.
  typealias Register = SIMD16<Float>
#else
  /// The channels that fit one register of the CPU level. Transforms hold many values at once: a vector is two registers
  /// here, and of so many pairs a third would not stay in the sixteen that there are.
  typealias Register = SIMD8<Float>
#endif

extension UnsafePointer<Float> {
  /// Sixteen floats from here on; no alignment is needed.
  @inline(__always) func vector(at index: Int) -> Vector {
    UnsafeRawPointer(self + index).loadUnaligned(as: Vector.self)
  }

  /// A register of floats from here on; no alignment is needed.
  @inline(__always) func register(at index: Int) -> Register {
    UnsafeRawPointer(self + index).loadUnaligned(as: Register.self)
  }
}

extension UnsafeMutablePointer<Float> {
  /// Sixteen floats from here on; no alignment is needed.
  @inline(__always) func vector(at index: Int) -> Vector {
    UnsafeRawPointer(self + index).loadUnaligned(as: Vector.self)
  }

  /// Writes all lanes from here on; no alignment is needed.
  @inline(__always) func store<Lanes: SIMD>(_ lanes: Lanes, at index: Int) where Lanes.Scalar == Float {
    UnsafeMutableRawPointer(self + index).storeBytes(of: lanes, as: Lanes.self)
  }
}
