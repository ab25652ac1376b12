/// F(3x3, 3x3): 25 multiplications instead of the direct method's 81. Points 0, 1, -1, 2, infinity.
///
/// Output tiles are as large as kernels, so the 3 x 3 parts of a 9 x 9 kernel share transformed inputs.
enum WinogradF3: WinogradTransform {
  @inline(__always) static var outputTile: Int { 3 }
  static var name: String { "winograd F(3x3,3x3)" }

  typealias Five = (Register, Register, Register, Register, Register)
  typealias Three = (Register, Register, Register)

  /// Five vectors, `stride` floats apart.
  @inline(always)
  private static func five(_ base: UnsafePointer<Float>, _ stride: Int) -> Five {
    (
      base.register(at: 0), base.register(at: stride), base.register(at: 2 * stride),
      base.register(at: 3 * stride), base.register(at: 4 * stride)
    )
  }

  /// Three vectors, `stride` floats apart.
  @inline(always)
  private static func three(_ base: UnsafePointer<Float>, _ stride: Int) -> Three {
    (base.register(at: 0), base.register(at: stride), base.register(at: 2 * stride))
  }

  @inline(always)
  private static func store(
    _ row: Five, _ index: Int, _ frequencies: UnsafeMutablePointer<Float>, _ stride: Int
  ) {
    let base = frequencies + index * 5 * stride
    base.store(row.0, at: 0)
    base.store(row.1, at: stride)
    base.store(row.2, at: 2 * stride)
    base.store(row.3, at: 3 * stride)
    base.store(row.4, at: 4 * stride)
  }

  @inline(always)
  private static func store(
    _ row: Three, _ destination: UnsafeMutablePointer<Float>, _ stride: Int
  ) {
    destination.store(row.0, at: 0)
    destination.store(row.1, at: stride)
    destination.store(row.2, at: 2 * stride)
  }

  // MARK: V = Bt d B

  @inline(always)
  private static func inputRow(_ d: Five) -> Five {
    let odd = d.3 - d.1
    return (
      odd.adding(2, d.0 - d.2), (d.3 - d.2).adding(-2, d.1), d.3.adding(-3, d.2).adding(2, d.1), odd,
      (d.4 - d.2).adding(-2, odd)
    )
  }

  @inline(always)
  static func input(
    _ source: UnsafePointer<Float>, rowStride: Int, columnStride: Int,
    into frequencies: UnsafeMutablePointer<Float>, frequencyStride: Int
  ) {
    let c0 = inputRow(five(source, rowStride))
    let c1 = inputRow(five(source + columnStride, rowStride))
    let c2 = inputRow(five(source + 2 * columnStride, rowStride))
    let c3 = inputRow(five(source + 3 * columnStride, rowStride))
    let c4 = inputRow(five(source + 4 * columnStride, rowStride))
    store(inputRow((c0.0, c1.0, c2.0, c3.0, c4.0)), 0, frequencies, frequencyStride)
    store(inputRow((c0.1, c1.1, c2.1, c3.1, c4.1)), 1, frequencies, frequencyStride)
    store(inputRow((c0.2, c1.2, c2.2, c3.2, c4.2)), 2, frequencies, frequencyStride)
    store(inputRow((c0.3, c1.3, c2.3, c3.3, c4.3)), 3, frequencies, frequencyStride)
    store(inputRow((c0.4, c1.4, c2.4, c3.4, c4.4)), 4, frequencies, frequencyStride)
  }

  // MARK: y = At m A

  @inline(always)
  private static func outputRow(_ m: Five) -> Three {
    let sum = m.1 + m.2
    return (m.0 + sum + m.3, (m.1 - m.2).adding(2, m.3), (sum + m.4).adding(4, m.3))
  }

  @inline(always)
  static func output(
    _ frequencies: UnsafePointer<Float>, frequencyStride: Int, bias: Register, floor: Register,
    into destination: UnsafeMutablePointer<Float>, rowStride: Int, columnStride: Int
  ) {
    let (down, right) = (5 * frequencyStride, frequencyStride)
    let c0 = outputRow(five(frequencies, down))
    let c1 = outputRow(five(frequencies + right, down))
    let c2 = outputRow(five(frequencies + 2 * right, down))
    let c3 = outputRow(five(frequencies + 3 * right, down))
    let c4 = outputRow(five(frequencies + 4 * right, down))
    var row = destination
    write(outputRow((c0.0, c1.0, c2.0, c3.0, c4.0)), bias, floor, row, columnStride)
    row += rowStride
    write(outputRow((c0.1, c1.1, c2.1, c3.1, c4.1)), bias, floor, row, columnStride)
    row += rowStride
    write(outputRow((c0.2, c1.2, c2.2, c3.2, c4.2)), bias, floor, row, columnStride)
  }

  @inline(always)
  private static func write(
    _ row: Three, _ bias: Register, _ floor: Register, _ destination: UnsafeMutablePointer<Float>,
    _ columnStride: Int
  ) {
    destination.store(atLeast(row.0 + bias, floor), at: 0)
    destination.store(atLeast(row.1 + bias, floor), at: columnStride)
    destination.store(atLeast(row.2 + bias, floor), at: 2 * columnStride)
  }

  // MARK: D = A y' At

  @inline(always)
  private static func gradientRow(_ y: Three) -> Five {
    let even = y.0 + y.2
    return (y.0, even + y.1, even - y.1, y.0.adding(2, y.1).adding(4, y.2), y.2)
  }

  @inline(always)
  static func gradient(
    _ source: UnsafePointer<Float>, rowStride: Int, columnStride: Int,
    into frequencies: UnsafeMutablePointer<Float>, frequencyStride: Int
  ) {
    let c0 = gradientRow(three(source, rowStride))
    let c1 = gradientRow(three(source + columnStride, rowStride))
    let c2 = gradientRow(three(source + 2 * columnStride, rowStride))
    store(gradientRow((c0.0, c1.0, c2.0)), 0, frequencies, frequencyStride)
    store(gradientRow((c0.1, c1.1, c2.1)), 1, frequencies, frequencyStride)
    store(gradientRow((c0.2, c1.2, c2.2)), 2, frequencies, frequencyStride)
    store(gradientRow((c0.3, c1.3, c2.3)), 3, frequencies, frequencyStride)
    store(gradientRow((c0.4, c1.4, c2.4)), 4, frequencies, frequencyStride)
  }

  // MARK: U = G g Gt and g' = Gt u G

  @inline(always)
  private static func weightRow(_ g: Three) -> Five {
    let (third, sixth): (Float, Float) = (1 / 3, 1 / 6)
    let even = g.0 + g.2
    let last = g.0 * sixth
    return (
      g.0 * 0.5, (even + g.1) * -0.5, (g.1 - even) * sixth,
      last.adding(third, g.1).adding(2 * third, g.2), g.2
    )
  }

  @inline(always)
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
    store(weightRow((c0.4, c1.4, c2.4)), 4, frequencies, frequencyStride)
  }

  @inline(always)
  private static func weightGradientRow(_ u: Five) -> Three {
    let (third, sixth): (Float, Float) = (1 / 3, 1 / 6)
    let first = (u.3 - u.2) * sixth
    let second = u.2 * sixth
    return (
      first.adding(0.5, u.0 - u.1), second.adding(third, u.3).adding(-0.5, u.1),
      u.4.adding(-0.5, u.1).adding(2 * third, u.3).adding(-sixth, u.2)
    )
  }

  @inline(always)
  static func weightGradient(
    _ frequencies: UnsafePointer<Float>, frequencyStride: Int,
    into kernel: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let (down, right) = (5 * frequencyStride, frequencyStride)
    let c0 = weightGradientRow(five(frequencies, down))
    let c1 = weightGradientRow(five(frequencies + right, down))
    let c2 = weightGradientRow(five(frequencies + 2 * right, down))
    let c3 = weightGradientRow(five(frequencies + 3 * right, down))
    let c4 = weightGradientRow(five(frequencies + 4 * right, down))
    store(weightGradientRow((c0.0, c1.0, c2.0, c3.0, c4.0)), kernel, stride)
    store(weightGradientRow((c0.1, c1.1, c2.1, c3.1, c4.1)), kernel + 3 * stride, stride)
    store(weightGradientRow((c0.2, c1.2, c2.2, c3.2, c4.2)), kernel + 6 * stride, stride)
  }
}
