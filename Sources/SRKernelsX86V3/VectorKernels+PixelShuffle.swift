import SRKernels

/// even[0], odd[0], even[1], odd[1], ...
@inline(__always) private func interleaved(_ even: SIMD8<Float>, _ odd: SIMD8<Float>) -> Vector {
  var result = Vector.zero
  result.evenHalf = even
  result.oddHalf = odd
  return result
}

/// Four vectors holding the four sub-pixels of 16 channels, interleaved in memory as 4c + q.
private struct Quad {
  var q0: Vector
  var q1: Vector
  var q2: Vector
  var q3: Vector

  /// Splits 64 interleaved floats.
  @inline(__always) init(deinterleaving source: UnsafePointer<Float>) {
    let a = source.vector(at: 0)
    let b = source.vector(at: 16)
    let c = source.vector(at: 32)
    let d = source.vector(at: 48)
    let abEven = Vector(lowHalf: a.evenHalf, highHalf: b.evenHalf)  // 0 2 | 0 2 | ...
    let abOdd = Vector(lowHalf: a.oddHalf, highHalf: b.oddHalf)  // 1 3 | 1 3 | ...
    let cdEven = Vector(lowHalf: c.evenHalf, highHalf: d.evenHalf)
    let cdOdd = Vector(lowHalf: c.oddHalf, highHalf: d.oddHalf)
    q0 = Vector(lowHalf: abEven.evenHalf, highHalf: cdEven.evenHalf)
    q1 = Vector(lowHalf: abOdd.evenHalf, highHalf: cdOdd.evenHalf)
    q2 = Vector(lowHalf: abEven.oddHalf, highHalf: cdEven.oddHalf)
    q3 = Vector(lowHalf: abOdd.oddHalf, highHalf: cdOdd.oddHalf)
  }

  @inline(__always) init(_ q0: Vector, _ q1: Vector, _ q2: Vector, _ q3: Vector) {
    self.q0 = q0
    self.q1 = q1
    self.q2 = q2
    self.q3 = q3
  }

  /// Writes the 64 floats interleaved again.
  @inline(__always) func interleave(into destination: UnsafeMutablePointer<Float>) {
    let lowEven = interleaved(q0.lowHalf, q2.lowHalf)
    let highEven = interleaved(q0.highHalf, q2.highHalf)
    let lowOdd = interleaved(q1.lowHalf, q3.lowHalf)
    let highOdd = interleaved(q1.highHalf, q3.highHalf)
    destination.store(interleaved(lowEven.lowHalf, lowOdd.lowHalf), at: 0)
    destination.store(interleaved(lowEven.highHalf, lowOdd.highHalf), at: 16)
    destination.store(interleaved(highEven.lowHalf, highOdd.lowHalf), at: 32)
    destination.store(interleaved(highEven.highHalf, highOdd.highHalf), at: 48)
  }
}

extension VectorKernels {
  public func pixelShuffleForward(
    source: UnsafePointer<Float>, destination: UnsafeMutablePointer<Float>, height: Int, width: Int,
    channels: Int
  ) {
    let rowStride = 2 * width * channels
    for y in 0..<height {
      for x in 0..<width {
        let input = source + (y * width + x) * 4 * channels
        let top = destination + 2 * y * rowStride + 2 * x * channels
        for c in stride(from: 0, to: channels, by: 16) {
          let quad = Quad(deinterleaving: input + 4 * c)
          top.store(quad.q0, at: c)
          top.store(quad.q1, at: channels + c)
          top.store(quad.q2, at: rowStride + c)
          top.store(quad.q3, at: rowStride + channels + c)
        }
      }
    }
  }

  public func pixelShuffleBackward(
    gradientDestination: UnsafePointer<Float>, gradientSource: UnsafeMutablePointer<Float>, height: Int,
    width: Int, channels: Int
  ) {
    let rowStride = 2 * width * channels
    for y in 0..<height {
      for x in 0..<width {
        let output = gradientSource + (y * width + x) * 4 * channels
        let top = gradientDestination + 2 * y * rowStride + 2 * x * channels
        for c in stride(from: 0, to: channels, by: 16) {
          Quad(
            top.vector(at: c), top.vector(at: channels + c), top.vector(at: rowStride + c),
            top.vector(at: rowStride + channels + c)
          ).interleave(into: output + 4 * c)
        }
      }
    }
  }
}
