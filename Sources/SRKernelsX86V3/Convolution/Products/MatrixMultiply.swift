import CIntrinsics

/// Product of small row-major matrices: C[r, n] (+)= sum over d of A[r, d] * B[d, n], in single precision.
///
/// A is read by broadcast with any strides, so the same kernels take it transposed. B is read in panels of ``panelWidth``
/// columns. A matrix that is multiplied many times is stored panel after panel (see
/// ``WinogradDataPlan/weightOffset(group:)``). Accumulators stay in registers over the whole depth, which is summed in
/// rising order.
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
  }

  /// A matrix operand or result that is read or written one vector at a time.
  struct Rows<Pointer> {
    var base: Pointer
    var stride: Int
  }

  /// Multiplies into `vectors` (1 or ``panelVectors``) columns of 16: C = A B, or C += A B if `accumulate`.
  ///
  /// - Parameter ahead: what the caller reads next. It is brought into the cache meanwhile.
  @inline(__always)
  static func panel(
    rows: Int, vectors: Int, depth: Int, _ a: Broadcast, _ b: Rows<UnsafePointer<Float>>,
    into c: Rows<UnsafeMutablePointer<Float>>, accumulate: Bool, ahead: UnsafeBufferPointer<Float>? = nil
  ) {
    // The rows of the tallest blocks ask for all of `ahead`. The few rows that lower blocks compute ask for what lies past its
    // end.
    let tallest = panelVectors == 2 ? 8 : 4
    let ahead = Ahead(
      ahead ?? UnsafeBufferPointer(start: b.base, count: 0), steps: max(1, rows / tallest) * depth)
    #if SRDIST_X86_V4
      if vectors == 2 {
        panel2(rows: rows, depth: depth, a, b, c, accumulate, ahead)
        return
      }
    #endif
    panel1(rows: rows, depth: depth, a, b, c, accumulate, ahead)
  }

  #if SRDIST_X86_V4
    @inline(never)
    private static func panel2(
      rows: Int, depth: Int, _ a: Broadcast, _ b: Rows<UnsafePointer<Float>>,
      _ c: Rows<UnsafeMutablePointer<Float>>, _ accumulate: Bool, _ ahead: Ahead
    ) {
      var ahead = ahead
      var row = 0
      blocks(SideBySide<Stacked<FourRows>>.self, &row, of: rows, depth, a, b, c, accumulate, &ahead)
      blocks(SideBySide<FourRows>.self, &row, of: rows, depth, a, b, c, accumulate, &ahead)
      blocks(SideBySide<OneRow>.self, &row, of: rows, depth, a, b, c, accumulate, &ahead)
    }
  #endif

  @inline(never)
  private static func panel1(
    rows: Int, depth: Int, _ a: Broadcast, _ b: Rows<UnsafePointer<Float>>,
    _ c: Rows<UnsafeMutablePointer<Float>>, _ accumulate: Bool, _ ahead: Ahead
  ) {
    var ahead = ahead
    var row = 0
    #if SRDIST_X86_V4
      blocks(Stacked<FourRows>.self, &row, of: rows, depth, a, b, c, accumulate, &ahead)
    #endif
    blocks(FourRows.self, &row, of: rows, depth, a, b, c, accumulate, &ahead)
    blocks(OneRow.self, &row, of: rows, depth, a, b, c, accumulate, &ahead)
  }

  /// Computes the rows from `row` on, as many as fill whole blocks.
  @inline(__always)
  private static func blocks<Block: RegisterBlock>(
    _: Block.Type, _ row: inout Int, of rows: Int, _ depth: Int, _ a: Broadcast,
    _ b: Rows<UnsafePointer<Float>>, _ c: Rows<UnsafeMutablePointer<Float>>, _ accumulate: Bool,
    _ ahead: inout Ahead
  ) {
    while row + Block.rows <= rows {
      var sums = Block()
      var column = a.base + row * a.rowStride
      var bRow = b.base
      // One prefetch in each step, though many ask for the same line. With two or four steps to a prefetch, unrolled, the
      // compiler lets one sum take two products in a row, and the second product waits for the first.
      for _ in 0..<depth {
        ahead.fetch()
        sums.add(column, rowStride: a.rowStride, bRow)
        column += a.depthStride
        bRow += b.stride
      }
      sums.store(to: c.base + row * c.stride, rowStride: c.stride, accumulate: accumulate)
      row += Block.rows
    }
  }
}

/// Memory that is wanted soon. It is asked for a little at a time while something else is computed.
struct Ahead {
  private var next: UnsafePointer<Float>
  private let step: Int

  /// - Parameter steps: the number of calls of ``fetch()`` in which to ask for all of `floats`.
  @inline(__always) init(_ floats: UnsafeBufferPointer<Float>, steps: Int) {
    next = floats.baseAddress!
    step = floats.isEmpty ? 0 : (floats.count + steps - 1) / steps
  }

  @inline(__always) mutating func fetch() {
    prefetch_second_level(next)
    next += step
  }
}
