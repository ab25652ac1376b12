// Register blocks of 1 vector a row.
// The accumulators are named, not indexed, so that each stays in a register.

extension MatrixMultiply {
  /// 8 rows by 1 vector.
  @inline(always)
  static func kernel8x1(
    _ depth: Int, _ a: Broadcast, _ b: Rows<UnsafePointer<Float>>,
    _ c: Rows<UnsafeMutablePointer<Float>>, _ accumulate: Bool
  ) {
    var c00 = Vector.zero
    var c10 = Vector.zero
    var c20 = Vector.zero
    var c30 = Vector.zero
    var c40 = Vector.zero
    var c50 = Vector.zero
    var c60 = Vector.zero
    var c70 = Vector.zero
    var a0 = a.base
    var a4 = a.base + 4 * a.rowStride
    let row1 = a.rowStride
    let row2 = 2 * row1
    let row3 = 3 * row1
    var bRow = b.base
    for _ in 0..<depth {
      let b0 = bRow.vector(at: 0)
      let x0 = Vector(repeating: a0[0])
      c00 = c00.addingProduct(x0, b0)
      let x1 = Vector(repeating: a0[row1])
      c10 = c10.addingProduct(x1, b0)
      let x2 = Vector(repeating: a0[row2])
      c20 = c20.addingProduct(x2, b0)
      let x3 = Vector(repeating: a0[row3])
      c30 = c30.addingProduct(x3, b0)
      let x4 = Vector(repeating: a4[0])
      c40 = c40.addingProduct(x4, b0)
      let x5 = Vector(repeating: a4[row1])
      c50 = c50.addingProduct(x5, b0)
      let x6 = Vector(repeating: a4[row2])
      c60 = c60.addingProduct(x6, b0)
      let x7 = Vector(repeating: a4[row3])
      c70 = c70.addingProduct(x7, b0)
      a0 += a.depthStride
      a4 += a.depthStride
      bRow += b.stride
    }
    var row = c.base
    if accumulate {
      row.store(row.vector(at: 0) + c00, at: 0)
      row += c.stride
      row.store(row.vector(at: 0) + c10, at: 0)
      row += c.stride
      row.store(row.vector(at: 0) + c20, at: 0)
      row += c.stride
      row.store(row.vector(at: 0) + c30, at: 0)
      row += c.stride
      row.store(row.vector(at: 0) + c40, at: 0)
      row += c.stride
      row.store(row.vector(at: 0) + c50, at: 0)
      row += c.stride
      row.store(row.vector(at: 0) + c60, at: 0)
      row += c.stride
      row.store(row.vector(at: 0) + c70, at: 0)
    } else {
      row.store(c00, at: 0)
      row += c.stride
      row.store(c10, at: 0)
      row += c.stride
      row.store(c20, at: 0)
      row += c.stride
      row.store(c30, at: 0)
      row += c.stride
      row.store(c40, at: 0)
      row += c.stride
      row.store(c50, at: 0)
      row += c.stride
      row.store(c60, at: 0)
      row += c.stride
      row.store(c70, at: 0)
    }
  }

  /// 4 rows by 1 vector.
  @inline(always)
  static func kernel4x1(
    _ depth: Int, _ a: Broadcast, _ b: Rows<UnsafePointer<Float>>,
    _ c: Rows<UnsafeMutablePointer<Float>>, _ accumulate: Bool
  ) {
    var c00 = Vector.zero
    var c10 = Vector.zero
    var c20 = Vector.zero
    var c30 = Vector.zero
    var a0 = a.base
    let row1 = a.rowStride
    let row2 = 2 * row1
    let row3 = 3 * row1
    var bRow = b.base
    for _ in 0..<depth {
      let b0 = bRow.vector(at: 0)
      let x0 = Vector(repeating: a0[0])
      c00 = c00.addingProduct(x0, b0)
      let x1 = Vector(repeating: a0[row1])
      c10 = c10.addingProduct(x1, b0)
      let x2 = Vector(repeating: a0[row2])
      c20 = c20.addingProduct(x2, b0)
      let x3 = Vector(repeating: a0[row3])
      c30 = c30.addingProduct(x3, b0)
      a0 += a.depthStride
      bRow += b.stride
    }
    var row = c.base
    if accumulate {
      row.store(row.vector(at: 0) + c00, at: 0)
      row += c.stride
      row.store(row.vector(at: 0) + c10, at: 0)
      row += c.stride
      row.store(row.vector(at: 0) + c20, at: 0)
      row += c.stride
      row.store(row.vector(at: 0) + c30, at: 0)
    } else {
      row.store(c00, at: 0)
      row += c.stride
      row.store(c10, at: 0)
      row += c.stride
      row.store(c20, at: 0)
      row += c.stride
      row.store(c30, at: 0)
    }
  }

  /// 1 rows by 1 vector.
  @inline(always)
  static func kernel1x1(
    _ depth: Int, _ a: Broadcast, _ b: Rows<UnsafePointer<Float>>,
    _ c: Rows<UnsafeMutablePointer<Float>>, _ accumulate: Bool
  ) {
    var c00 = Vector.zero
    var a0 = a.base
    var bRow = b.base
    for _ in 0..<depth {
      let b0 = bRow.vector(at: 0)
      let x0 = Vector(repeating: a0[0])
      c00 = c00.addingProduct(x0, b0)
      a0 += a.depthStride
      bRow += b.stride
    }
    let row = c.base
    if accumulate {
      row.store(row.vector(at: 0) + c00, at: 0)
    } else {
      row.store(c00, at: 0)
    }
  }
}
