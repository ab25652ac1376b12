/// Product of small row-major matrices: C[r, n] (+)= sum over d of A[r, d] * B[d, n], in single precision.
///
/// A is read by broadcast with any strides, so that the same kernels take it transposed. B is read in panels
/// of ``panelWidth`` columns; a matrix that is multiplied many times is stored panel after panel (see
/// ``PanelLayout``). Accumulators stay in registers over the whole depth, which is summed in rising order.
enum MatrixMultiply {
  #if SRDIST_X86_V4
    /// Vectors in a row of a panel: 8 x 2 accumulators fill half of the 32 `zmm` registers.
    static let panelVectors = 2
  #else
    /// Vectors in a row of a panel: 4 x 1 accumulators fill half of the 16 `ymm` registers.
    static let panelVectors = 1
  #endif
  static let panelWidth = panelVectors * 16

  /// A matrix operand that is read one element at a time.
  struct Broadcast {
    var base: UnsafePointer<Float>
    var rowStride: Int
    var depthStride: Int

    @inline(always)
    func advanced(rows: Int) -> Broadcast {
      Broadcast(base: base + rows * rowStride, rowStride: rowStride, depthStride: depthStride)
    }
  }

  /// A matrix operand or result that is read, or written, a vector at a time.
  struct Rows<Pointer> {
    var base: Pointer
    var stride: Int
  }

  /// Multiplies into `vectors` (1 or 2) columns of 16: C = A B, or C += A B where `accumulate`.
  @inline(always)
  static func panel(
    rows: Int, vectors: Int, depth: Int, _ a: Broadcast, _ b: Rows<UnsafePointer<Float>>,
    into c: Rows<UnsafeMutablePointer<Float>>, accumulate: Bool
  ) {
    #if SRDIST_X86_V4
      if vectors == 2 {
        panel2(rows: rows, depth: depth, a, b, c, accumulate)
      } else {
        panel1(rows: rows, depth: depth, a, b, c, accumulate)
      }
    #else
      panel1(rows: rows, depth: depth, a, b, c, accumulate)
    #endif
  }

  #if SRDIST_X86_V4
    @inline(never)
    private static func panel2(
      rows: Int, depth: Int, _ a: Broadcast, _ b: Rows<UnsafePointer<Float>>,
      _ c: Rows<UnsafeMutablePointer<Float>>, _ accumulate: Bool
    ) {
      var row = 0
      while row + 8 <= rows {
        kernel8x2(
          depth, a.advanced(rows: row), b, Rows(base: c.base + row * c.stride, stride: c.stride),
          accumulate)
        row += 8
      }
      while row + 4 <= rows {
        kernel4x2(
          depth, a.advanced(rows: row), b, Rows(base: c.base + row * c.stride, stride: c.stride),
          accumulate)
        row += 4
      }
      while row < rows {
        kernel1x2(
          depth, a.advanced(rows: row), b, Rows(base: c.base + row * c.stride, stride: c.stride),
          accumulate)
        row += 1
      }
    }
  #endif

  @inline(never)
  private static func panel1(
    rows: Int, depth: Int, _ a: Broadcast, _ b: Rows<UnsafePointer<Float>>,
    _ c: Rows<UnsafeMutablePointer<Float>>, _ accumulate: Bool
  ) {
    var row = 0
    #if SRDIST_X86_V4
      while row + 8 <= rows {
        kernel8x1(
          depth, a.advanced(rows: row), b, Rows(base: c.base + row * c.stride, stride: c.stride),
          accumulate)
        row += 8
      }
    #endif
    while row + 4 <= rows {
      kernel4x1(
        depth, a.advanced(rows: row), b, Rows(base: c.base + row * c.stride, stride: c.stride),
        accumulate)
      row += 4
    }
    while row < rows {
      kernel1x1(
        depth, a.advanced(rows: row), b, Rows(base: c.base + row * c.stride, stride: c.stride),
        accumulate)
      row += 1
    }
  }
}
