/// Sixteen channels, the unit in which kernels work.
typealias Vector = SIMD16<Float>

#if SRDIST_X86_V4
  /// The channels that fit one register of the CPU level.
  typealias Register = SIMD16<Float>
#else
  /// The channels that fit one register of the CPU level. A ``Vector`` is two registers here. Transforms hold many values
  /// at once: with pairs of registers, a third of them would not stay in the sixteen that there are.
  typealias Register = SIMD8<Float>
#endif

extension UnsafePointer<Float> {
  /// Sixteen floats from `index` on. They need no alignment.
  @inline(__always) func vector(at index: Int) -> Vector {
    UnsafeRawPointer(self + index).loadUnaligned(as: Vector.self)
  }

  /// A register of floats from `index` on. They need no alignment.
  @inline(__always) func register(at index: Int) -> Register {
    UnsafeRawPointer(self + index).loadUnaligned(as: Register.self)
  }
}

extension UnsafeMutablePointer<Float> {
  /// Sixteen floats from `index` on. They need no alignment.
  @inline(__always) func vector(at index: Int) -> Vector {
    UnsafeRawPointer(self + index).loadUnaligned(as: Vector.self)
  }

  /// Writes all lanes from `index` on. They need no alignment.
  @inline(__always) func store<Lanes: SIMD>(_ lanes: Lanes, at index: Int) where Lanes.Scalar == Float {
    UnsafeMutableRawPointer(self + index).storeBytes(of: lanes, as: Lanes.self)
  }
}

// A row that is no multiple of sixteen floats ends in a partial vector.

extension UnsafePointer<Float> {
  /// Floats `index..<min(index + 16, end)`, then zeros.
  @inline(__always) func vector(at index: Int, end: Int) -> Vector {
    if index + Vector.scalarCount <= end { return vector(at: index) }
    var partial = Vector.zero
    for lane in 0..<max(0, end - index) { partial[lane] = self[index + lane] }
    return partial
  }
}

extension UnsafeMutablePointer<Float> {
  /// Adds the lanes that lie before `end`.
  @inline(__always) func add(_ vector: Vector, at index: Int, end: Int) {
    if index + Vector.scalarCount <= end {
      store(self.vector(at: index) + vector, at: index)
    } else {
      for lane in 0..<max(0, end - index) { self[index + lane] += vector[lane] }
    }
  }
}

extension SIMD16<Float> {
  /// 0, 1, 2, ... 15
  @inline(__always) static var laneNumbers: SIMD16<Float> {
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
  }

  /// The first `count` lanes, then zeros.
  @inline(__always) func first(_ count: Int) -> SIMD16<Float> {
    replacing(with: 0, where: SIMD16<Float>.laneNumbers .>= Float(count))
  }
}

/// `count` rounded up to whole vectors.
@inline(__always) func roundedToVectors(_ count: Int) -> Int {
  (count + Vector.scalarCount - 1) / Vector.scalarCount * Vector.scalarCount
}
