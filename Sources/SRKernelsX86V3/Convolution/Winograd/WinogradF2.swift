/// F(2x2, 3x3): 16 multiplications instead of the direct method's 36. Points 0, 1, -1, infinity.
///
/// For images of few tiles, whose time goes into reading the transformed weights. Each kernel has 16 of these here, and 36
/// with ``WinogradF4``.
enum WinogradF2: WinogradTransform {
  @inline(always) static var outputTile: Int { 2 }
  static var name: String { "winograd F(2x2,3x3)" }

  typealias Two = (Register, Register)
  typealias Three = (Register, Register, Register)
  typealias Four = (Register, Register, Register, Register)

  /// Vectors `stride` floats apart.
  @inline(always)
  private static func two(_ base: UnsafePointer<Float>, _ stride: Int) -> Two {
    (base.register(at: 0), base.register(at: stride))
  }

  @inline(always)
  private static func three(_ base: UnsafePointer<Float>, _ stride: Int) -> Three {
    (base.register(at: 0), base.register(at: stride), base.register(at: 2 * stride))
  }

  @inline(always)
  private static func four(_ base: UnsafePointer<Float>, _ stride: Int) -> Four {
    (
      base.register(at: 0), base.register(at: stride), base.register(at: 2 * stride),
      base.register(at: 3 * stride)
    )
  }

  @inline(always)
  private static func store(
    _ row: Four, _ index: Int, _ frequencies: UnsafeMutablePointer<Float>, _ stride: Int
  ) {
    let base = frequencies + index * 4 * stride
    base.store(row.0, at: 0)
    base.store(row.1, at: stride)
    base.store(row.2, at: 2 * stride)
    base.store(row.3, at: 3 * stride)
  }

  // MARK: V = Bt d B

  @inline(always)
  private static func inputRow(_ d: Four) -> Four { (d.0 - d.2, d.1 + d.2, d.2 - d.1, d.1 - d.3) }

  @inline(never)
  static func input(
    _ source: UnsafePointer<Float>, rowStride: Int, columnStride: Int,
    into frequencies: UnsafeMutablePointer<Float>, frequencyStride: Int
  ) {
    let c0 = inputRow(four(source, rowStride))
    let c1 = inputRow(four(source + columnStride, rowStride))
    let c2 = inputRow(four(source + 2 * columnStride, rowStride))
    let c3 = inputRow(four(source + 3 * columnStride, rowStride))
    store(inputRow((c0.0, c1.0, c2.0, c3.0)), 0, frequencies, frequencyStride)
    store(inputRow((c0.1, c1.1, c2.1, c3.1)), 1, frequencies, frequencyStride)
    store(inputRow((c0.2, c1.2, c2.2, c3.2)), 2, frequencies, frequencyStride)
    store(inputRow((c0.3, c1.3, c2.3, c3.3)), 3, frequencies, frequencyStride)
  }

  // MARK: y = At m A

  @inline(always)
  private static func outputRow(_ m: Four) -> Two { (m.0 + m.1 + m.2, m.1 - m.2 - m.3) }

  @inline(never)
  static func output(
    _ frequencies: UnsafePointer<Float>, frequencyStride: Int, bias: Register, floor: Register,
    into destination: UnsafeMutablePointer<Float>, rowStride: Int, columnStride: Int
  ) {
    let (down, right) = (4 * frequencyStride, frequencyStride)
    let c0 = outputRow(four(frequencies, down))
    let c1 = outputRow(four(frequencies + right, down))
    let c2 = outputRow(four(frequencies + 2 * right, down))
    let c3 = outputRow(four(frequencies + 3 * right, down))
    let upper = outputRow((c0.0, c1.0, c2.0, c3.0))
    let lower = outputRow((c0.1, c1.1, c2.1, c3.1))
    destination.store(atLeast(upper.0 + bias, floor), at: 0)
    destination.store(atLeast(upper.1 + bias, floor), at: columnStride)
    destination.store(atLeast(lower.0 + bias, floor), at: rowStride)
    destination.store(atLeast(lower.1 + bias, floor), at: rowStride + columnStride)
  }

  // MARK: D = A y' At

  @inline(always)
  private static func gradientRow(_ y: Two) -> Four { (y.0, y.0 + y.1, y.0 - y.1, -y.1) }

  @inline(never)
  static func gradient(
    _ source: UnsafePointer<Float>, rowStride: Int, columnStride: Int,
    into frequencies: UnsafeMutablePointer<Float>, frequencyStride: Int
  ) {
    let c0 = gradientRow(two(source, rowStride))
    let c1 = gradientRow(two(source + columnStride, rowStride))
    store(gradientRow((c0.0, c1.0)), 0, frequencies, frequencyStride)
    store(gradientRow((c0.1, c1.1)), 1, frequencies, frequencyStride)
    store(gradientRow((c0.2, c1.2)), 2, frequencies, frequencyStride)
    store(gradientRow((c0.3, c1.3)), 3, frequencies, frequencyStride)
  }

  // MARK: U = G g Gt and g' = Gt u G

  @inline(always)
  private static func weightRow(_ g: Three) -> Four {
    let even = (g.0 + g.2) * 0.5
    return (g.0, even.adding(0.5, g.1), even.adding(-0.5, g.1), g.2)
  }

  @inline(never)
  static func weights(
    _ kernel: UnsafePointer<Float>, stride: Int, into frequencies: UnsafeMutablePointer<Float>,
    frequencyStride: Int
  ) {
    let c0 = weightRow(three(kernel, 3 * stride))
    let c1 = weightRow(three(kernel + stride, 3 * stride))
    let c2 = weightRow(three(kernel + 2 * stride, 3 * stride))
    store(weightRow((c0.0, c1.0, c2.0)), 0, frequencies, frequencyStride)
    store(weightRow((c0.1, c1.1, c2.1)), 1, frequencies, frequencyStride)
    store(weightRow((c0.2, c1.2, c2.2)), 2, frequencies, frequencyStride)
    store(weightRow((c0.3, c1.3, c2.3)), 3, frequencies, frequencyStride)
  }

  @inline(always)
  private static func weightGradientRow(_ u: Four) -> Three {
    let half = (u.1 + u.2) * 0.5
    return (u.0 + half, (u.1 - u.2) * 0.5, half + u.3)
  }

  @inline(never)
  static func weightGradient(
    _ frequencies: UnsafePointer<Float>, frequencyStride: Int,
    into kernel: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let (down, right) = (4 * frequencyStride, frequencyStride)
    let c0 = weightGradientRow(four(frequencies, down))
    let c1 = weightGradientRow(four(frequencies + right, down))
    let c2 = weightGradientRow(four(frequencies + 2 * right, down))
    let c3 = weightGradientRow(four(frequencies + 3 * right, down))
    write(weightGradientRow((c0.0, c1.0, c2.0, c3.0)), kernel, stride)
    write(weightGradientRow((c0.1, c1.1, c2.1, c3.1)), kernel + 3 * stride, stride)
    write(weightGradientRow((c0.2, c1.2, c2.2, c3.2)), kernel + 6 * stride, stride)
  }

  @inline(always)
  private static func write(_ row: Three, _ kernel: UnsafeMutablePointer<Float>, _ stride: Int) {
    kernel.store(row.0, at: 0)
    kernel.store(row.1, at: stride)
    kernel.store(row.2, at: 2 * stride)
  }
}
