import SRKernels

extension VectorKernels {
  package func moveWindows(
    entering: UnsafePointer<Float>, leaving: UnsafePointer<Float>?, width: Int, channels: Int, group: Int,
    sums: UnsafeMutablePointer<Double>
  ) {
    let start = group * Vector.scalarCount
    for index in stride(from: start, to: start + width * channels, by: channels) {
      var sum = DoubleVector(sums + index)
      sum.add(entering.vector(at: index))
      if let leaving { sum.subtract(leaving.vector(at: index)) }
      sum.store(to: sums + index)
    }
  }

  package func windowMeans(
    _ sums: UnsafePointer<Double>, width: Int, channels: Int, group: Int, rows: Int, columns: Int,
    means: UnsafeMutablePointer<Float>
  ) {
    let start = group * Vector.scalarCount
    let pixels = Vector(repeating: Float(rows * columns))
    var total = DoubleVector.zero
    for column in 0..<columns { total.add(DoubleVector(sums + start + column * channels)) }
    var first = 0
    for x in 0..<width {
      let wanted = min(max(0, x - (columns - 1) / 2), width - columns)
      if wanted > first {
        total.add(DoubleVector(sums + start + (first + columns) * channels))
        total.subtract(DoubleVector(sums + start + first * channels))
        first = wanted
      }
      means.store(total.rounded / pixels, at: start + x * channels)
    }
  }

  package func dense(
    _ source: UnsafePointer<Float>, pixels: Int, inputs: Int, outputs: Int, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, activation: DenseActivation, destination: UnsafeMutablePointer<Float>
  ) {
    for column in stride(from: 0, to: outputs, by: 16) {
      MatrixMultiply.panel(
        rows: pixels, vectors: 1, depth: inputs,
        MatrixMultiply.Broadcast(base: source, rowStride: inputs, depthStride: 1),
        MatrixMultiply.Rows(base: weights + column, stride: outputs),
        into: MatrixMultiply.Rows(base: destination + column, stride: outputs), accumulate: false)
    }
    for pixel in 0..<pixels {
      for column in stride(from: 0, to: outputs, by: 16) {
        let index = pixel * outputs + column
        let value = destination.vector(at: index) + bias.vector(at: column)
        switch activation {
        case .identity: destination.store(value, at: index)
        case .relu: destination.store(atLeast(value, .zero), at: index)
        case .sigmoid: destination.store(sigmoid(value), at: index)
        }
      }
    }
  }

  package func scaleAndAdd(
    image: UnsafePointer<Float>, scales: UnsafePointer<Float>, identity: UnsafePointer<Float>,
    destination: UnsafeMutablePointer<Float>, count: Int
  ) {
    for index in stride(from: 0, to: count, by: 16) {
      destination.store(
        identity.vector(at: index) + image.vector(at: index) * scales.vector(at: index), at: index)
    }
  }
}

/// 1 / (1 + exp(-x)), lane by lane.
@inline(__always) private func sigmoid(_ value: Vector) -> Vector {
  let one = Vector(repeating: 1)
  return one / (one + exponential(-value))
}

/// exp(x) = 2^n exp(r) with |r| <= log(2) / 2, and exp(r) by a polynomial (S. Moshier, Cephes). Arguments are moved into
/// -87...88, where neither 2^n nor the result leaves the range of normal numbers.
@inline(__always) private func exponential(_ argument: Vector) -> Vector {
  let lowest = atLeast(argument, Vector(repeating: -87))
  let x = lowest.replacing(with: 88, where: lowest .> 88)
  let n = (x * Vector(repeating: 1.442_695_04)).rounded(.toNearestOrEven)
  // log(2) in two parts, the first of which has few digits.
  let r = x.addingProduct(n, Vector(repeating: -0.693_359_375))
    .addingProduct(n, Vector(repeating: 2.121_944_4e-4))
  var p = Vector(repeating: 1.987_569_1e-4)
  p = Vector(repeating: 1.398_199_9e-3).addingProduct(p, r)
  p = Vector(repeating: 8.333_452e-3).addingProduct(p, r)
  p = Vector(repeating: 4.166_579_6e-2).addingProduct(p, r)
  p = Vector(repeating: 0.166_666_65).addingProduct(p, r)
  p = Vector(repeating: 0.5).addingProduct(p, r)
  let y = (r + Vector(repeating: 1)).addingProduct(p, r * r)
  let exponent = (SIMD16<Int32>(truncatingIfNeeded: SIMD16<Int32>(n)) &+ SIMD16<Int32>(repeating: 127)) &<< 23
  return y * unsafeBitCast(exponent, to: Vector.self)
}
