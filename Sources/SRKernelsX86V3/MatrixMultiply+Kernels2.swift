#if SRDIST_X86_V4
  // Register blocks of 2 vectors a row.
  // The accumulators are named, not indexed, so that each stays in a register.

  extension MatrixMultiply {
    /// 8 rows by 2 vectors.
    @inline(always)
    static func kernel8x2(
      _ depth: Int, _ a: Broadcast, _ b: Rows<UnsafePointer<Float>>,
      _ c: Rows<UnsafeMutablePointer<Float>>, _ accumulate: Bool
    ) {
      var c00 = Vector.zero
      var c01 = Vector.zero
      var c10 = Vector.zero
      var c11 = Vector.zero
      var c20 = Vector.zero
      var c21 = Vector.zero
      var c30 = Vector.zero
      var c31 = Vector.zero
      var c40 = Vector.zero
      var c41 = Vector.zero
      var c50 = Vector.zero
      var c51 = Vector.zero
      var c60 = Vector.zero
      var c61 = Vector.zero
      var c70 = Vector.zero
      var c71 = Vector.zero
      var a0 = a.base
      var a4 = a.base + 4 * a.rowStride
      let row1 = a.rowStride
      let row2 = 2 * row1
      let row3 = 3 * row1
      var bRow = b.base
      for _ in 0..<depth {
        let b0 = bRow.vector(at: 0)
        let b1 = bRow.vector(at: 16)
        let x0 = Vector(repeating: a0[0])
        c00 = c00.addingProduct(x0, b0)
        c01 = c01.addingProduct(x0, b1)
        let x1 = Vector(repeating: a0[row1])
        c10 = c10.addingProduct(x1, b0)
        c11 = c11.addingProduct(x1, b1)
        let x2 = Vector(repeating: a0[row2])
        c20 = c20.addingProduct(x2, b0)
        c21 = c21.addingProduct(x2, b1)
        let x3 = Vector(repeating: a0[row3])
        c30 = c30.addingProduct(x3, b0)
        c31 = c31.addingProduct(x3, b1)
        let x4 = Vector(repeating: a4[0])
        c40 = c40.addingProduct(x4, b0)
        c41 = c41.addingProduct(x4, b1)
        let x5 = Vector(repeating: a4[row1])
        c50 = c50.addingProduct(x5, b0)
        c51 = c51.addingProduct(x5, b1)
        let x6 = Vector(repeating: a4[row2])
        c60 = c60.addingProduct(x6, b0)
        c61 = c61.addingProduct(x6, b1)
        let x7 = Vector(repeating: a4[row3])
        c70 = c70.addingProduct(x7, b0)
        c71 = c71.addingProduct(x7, b1)
        a0 += a.depthStride
        a4 += a.depthStride
        bRow += b.stride
      }
      var row = c.base
      if accumulate {
        row.store(row.vector(at: 0) + c00, at: 0)
        row.store(row.vector(at: 16) + c01, at: 16)
        row += c.stride
        row.store(row.vector(at: 0) + c10, at: 0)
        row.store(row.vector(at: 16) + c11, at: 16)
        row += c.stride
        row.store(row.vector(at: 0) + c20, at: 0)
        row.store(row.vector(at: 16) + c21, at: 16)
        row += c.stride
        row.store(row.vector(at: 0) + c30, at: 0)
        row.store(row.vector(at: 16) + c31, at: 16)
        row += c.stride
        row.store(row.vector(at: 0) + c40, at: 0)
        row.store(row.vector(at: 16) + c41, at: 16)
        row += c.stride
        row.store(row.vector(at: 0) + c50, at: 0)
        row.store(row.vector(at: 16) + c51, at: 16)
        row += c.stride
        row.store(row.vector(at: 0) + c60, at: 0)
        row.store(row.vector(at: 16) + c61, at: 16)
        row += c.stride
        row.store(row.vector(at: 0) + c70, at: 0)
        row.store(row.vector(at: 16) + c71, at: 16)
      } else {
        row.store(c00, at: 0)
        row.store(c01, at: 16)
        row += c.stride
        row.store(c10, at: 0)
        row.store(c11, at: 16)
        row += c.stride
        row.store(c20, at: 0)
        row.store(c21, at: 16)
        row += c.stride
        row.store(c30, at: 0)
        row.store(c31, at: 16)
        row += c.stride
        row.store(c40, at: 0)
        row.store(c41, at: 16)
        row += c.stride
        row.store(c50, at: 0)
        row.store(c51, at: 16)
        row += c.stride
        row.store(c60, at: 0)
        row.store(c61, at: 16)
        row += c.stride
        row.store(c70, at: 0)
        row.store(c71, at: 16)
      }
    }

    /// 4 rows by 2 vectors.
    @inline(always)
    static func kernel4x2(
      _ depth: Int, _ a: Broadcast, _ b: Rows<UnsafePointer<Float>>,
      _ c: Rows<UnsafeMutablePointer<Float>>, _ accumulate: Bool
    ) {
      var c00 = Vector.zero
      var c01 = Vector.zero
      var c10 = Vector.zero
      var c11 = Vector.zero
      var c20 = Vector.zero
      var c21 = Vector.zero
      var c30 = Vector.zero
      var c31 = Vector.zero
      var a0 = a.base
      let row1 = a.rowStride
      let row2 = 2 * row1
      let row3 = 3 * row1
      var bRow = b.base
      for _ in 0..<depth {
        let b0 = bRow.vector(at: 0)
        let b1 = bRow.vector(at: 16)
        let x0 = Vector(repeating: a0[0])
        c00 = c00.addingProduct(x0, b0)
        c01 = c01.addingProduct(x0, b1)
        let x1 = Vector(repeating: a0[row1])
        c10 = c10.addingProduct(x1, b0)
        c11 = c11.addingProduct(x1, b1)
        let x2 = Vector(repeating: a0[row2])
        c20 = c20.addingProduct(x2, b0)
        c21 = c21.addingProduct(x2, b1)
        let x3 = Vector(repeating: a0[row3])
        c30 = c30.addingProduct(x3, b0)
        c31 = c31.addingProduct(x3, b1)
        a0 += a.depthStride
        bRow += b.stride
      }
      var row = c.base
      if accumulate {
        row.store(row.vector(at: 0) + c00, at: 0)
        row.store(row.vector(at: 16) + c01, at: 16)
        row += c.stride
        row.store(row.vector(at: 0) + c10, at: 0)
        row.store(row.vector(at: 16) + c11, at: 16)
        row += c.stride
        row.store(row.vector(at: 0) + c20, at: 0)
        row.store(row.vector(at: 16) + c21, at: 16)
        row += c.stride
        row.store(row.vector(at: 0) + c30, at: 0)
        row.store(row.vector(at: 16) + c31, at: 16)
      } else {
        row.store(c00, at: 0)
        row.store(c01, at: 16)
        row += c.stride
        row.store(c10, at: 0)
        row.store(c11, at: 16)
        row += c.stride
        row.store(c20, at: 0)
        row.store(c21, at: 16)
        row += c.stride
        row.store(c30, at: 0)
        row.store(c31, at: 16)
      }
    }

    /// 1 rows by 2 vectors.
    @inline(always)
    static func kernel1x2(
      _ depth: Int, _ a: Broadcast, _ b: Rows<UnsafePointer<Float>>,
      _ c: Rows<UnsafeMutablePointer<Float>>, _ accumulate: Bool
    ) {
      var c00 = Vector.zero
      var c01 = Vector.zero
      var a0 = a.base
      var bRow = b.base
      for _ in 0..<depth {
        let b0 = bRow.vector(at: 0)
        let b1 = bRow.vector(at: 16)
        let x0 = Vector(repeating: a0[0])
        c00 = c00.addingProduct(x0, b0)
        c01 = c01.addingProduct(x0, b1)
        a0 += a.depthStride
        bRow += b.stride
      }
      let row = c.base
      if accumulate {
        row.store(row.vector(at: 0) + c00, at: 0)
        row.store(row.vector(at: 16) + c01, at: 16)
      } else {
        row.store(c00, at: 0)
        row.store(c01, at: 16)
      }
    }
  }
#endif
