/// Sums of a few rows and columns of a matrix product, kept in registers over its whole depth.
///
/// Larger blocks consist of smaller ones, so that each sum has a name of its own: an indexed sum would not stay in a
/// register.
protocol RegisterBlock {
  static var rows: Int { get }
  /// Zeros.
  init()
  /// Adds the product of a column of A, whose elements lie `rowStride` floats apart, and a row of B.
  mutating func add(_ a: UnsafePointer<Float>, rowStride: Int, _ b: UnsafePointer<Float>)
  /// c = sums, or c += sums if `accumulate`
  func store(to c: UnsafeMutablePointer<Float>, rowStride: Int, accumulate: Bool)
  /// c = max(sums, floor)
  func store(to c: UnsafeMutablePointer<Float>, rowStride: Int, floor: Vector)
}

/// 1 row by 1 vector.
struct OneRow: RegisterBlock {
  private var sum = Vector.zero

  static var rows: Int { 1 }
  @inline(__always) init() {}

  @inline(__always) mutating func add(_ a: UnsafePointer<Float>, rowStride: Int, _ b: UnsafePointer<Float>) {
    sum.addProduct(Vector(repeating: a[0]), b.vector(at: 0))
  }

  @inline(__always) func store(to c: UnsafeMutablePointer<Float>, rowStride: Int, accumulate: Bool) {
    c.store(accumulate ? c.vector(at: 0) + sum : sum, at: 0)
  }

  @inline(__always) func store(to c: UnsafeMutablePointer<Float>, rowStride: Int, floor: Vector) {
    c.store(atLeast(sum, floor), at: 0)
  }
}

/// Twice the rows of `Half`.
struct Stacked<Half: RegisterBlock>: RegisterBlock {
  private var upper = Half()
  private var lower = Half()

  @inline(__always) static var rows: Int { 2 * Half.rows }
  @inline(__always) init() {}

  @inline(__always) mutating func add(_ a: UnsafePointer<Float>, rowStride: Int, _ b: UnsafePointer<Float>) {
    upper.add(a, rowStride: rowStride, b)
    lower.add(a + Half.rows * rowStride, rowStride: rowStride, b)
  }

  @inline(__always) func store(to c: UnsafeMutablePointer<Float>, rowStride: Int, accumulate: Bool) {
    upper.store(to: c, rowStride: rowStride, accumulate: accumulate)
    lower.store(to: c + Half.rows * rowStride, rowStride: rowStride, accumulate: accumulate)
  }

  @inline(__always) func store(to c: UnsafeMutablePointer<Float>, rowStride: Int, floor: Vector) {
    upper.store(to: c, rowStride: rowStride, floor: floor)
    lower.store(to: c + Half.rows * rowStride, rowStride: rowStride, floor: floor)
  }
}

/// Two vectors of columns; `Half` has one.
struct SideBySide<Half: RegisterBlock>: RegisterBlock {
  private var left = Half()
  private var right = Half()

  @inline(__always) static var rows: Int { Half.rows }
  @inline(__always) init() {}

  @inline(__always) mutating func add(_ a: UnsafePointer<Float>, rowStride: Int, _ b: UnsafePointer<Float>) {
    left.add(a, rowStride: rowStride, b)
    right.add(a, rowStride: rowStride, b + Vector.scalarCount)
  }

  @inline(__always) func store(to c: UnsafeMutablePointer<Float>, rowStride: Int, accumulate: Bool) {
    left.store(to: c, rowStride: rowStride, accumulate: accumulate)
    right.store(to: c + Vector.scalarCount, rowStride: rowStride, accumulate: accumulate)
  }

  @inline(__always) func store(to c: UnsafeMutablePointer<Float>, rowStride: Int, floor: Vector) {
    left.store(to: c, rowStride: rowStride, floor: floor)
    right.store(to: c + Vector.scalarCount, rowStride: rowStride, floor: floor)
  }
}

/// 4 rows by 1 vector.
typealias FourRows = Stacked<Stacked<OneRow>>
