/// F(4x4, 3x3): 36 multiplications instead of the direct method's 144. Points 0, a, -a, 2a, -2a, infinity with a = 3/4.
///
/// With the usual a = 1, the rounding error is one and a half times as large: the powers of the points in the output
/// transform then go up to 8, here only to 3.4. All constants of the transforms of pixels are exact. If a power of a can be
/// factored out of the sums, it is multiplied in at the end, together with the bias.
enum WinogradF4: WinogradTransform {
  @inline(always) static var outputTile: Int { 4 }
  static var name: String { "winograd F(4x4,3x3)" }

  typealias Pair = (Register, Register)
  typealias Six = (Register, Register, Register, Register, Register, Register)

  @inline(always)
  private static func store(
    _ row: Six, _ index: Int, _ frequencies: UnsafeMutablePointer<Float>, _ stride: Int
  ) {
    let base = frequencies + index * 6 * stride
    base.store(row.0, at: 0)
    base.store(row.1, at: stride)
    base.store(row.2, at: 2 * stride)
    base.store(row.3, at: 3 * stride)
    base.store(row.4, at: 4 * stride)
    base.store(row.5, at: 5 * stride)
  }

  /// Six vectors, `stride` floats apart.
  @inline(always)
  private static func six(_ base: UnsafePointer<Float>, _ stride: Int) -> Six {
    (
      base.register(at: 0), base.register(at: stride), base.register(at: 2 * stride),
      base.register(at: 3 * stride), base.register(at: 4 * stride), base.register(at: 5 * stride)
    )
  }

  // MARK: V = Bt d B

  @inline(always)
  private static func first(_ d0: Register, _ d2: Register, _ d4: Register) -> Register {
    d4.adding(-2.8125, d2).adding(1.265625, d0)
  }

  /// Frequencies of the points a and -a.
  @inline(always)
  private static func ones(_ d1: Register, _ d2: Register, _ d3: Register, _ d4: Register) -> Pair {
    let even = d4.adding(-2.25, d2)
    let odd = d3.adding(-2.25, d1)
    return (even.adding(0.75, odd), even.adding(-0.75, odd))
  }

  /// Frequencies of the points 2a and -2a.
  @inline(always)
  private static func twos(_ d1: Register, _ d2: Register, _ d3: Register, _ d4: Register) -> Pair {
    let even = d4.adding(-0.5625, d2)
    let odd = d3.adding(-0.5625, d1)
    return (even.adding(1.5, odd), even.adding(-1.5, odd))
  }

  @inline(always)
  private static func inputRow(_ d: Six) -> Six {
    let one = ones(d.1, d.2, d.3, d.4)
    let two = twos(d.1, d.2, d.3, d.4)
    return (first(d.0, d.2, d.4), one.0, one.1, two.0, two.1, first(d.1, d.3, d.5))
  }

  // The rows of Bt d are formed one or two at a time, so that nothing is stored in between. The pixels are read from the
  // first-level cache as often as they are needed.
  @inline(never)
  static func input(
    _ source: UnsafePointer<Float>, rowStride: Int, columnStride: Int,
    into frequencies: UnsafeMutablePointer<Float>, frequencyStride: Int
  ) {
    @inline(always) func pixel(_ y: Int, _ x: Int) -> Register {
      source.register(at: y * rowStride + x * columnStride)
    }
    @inline(always) func edge(_ y: Int, _ x: Int) -> Register {
      first(pixel(y, x), pixel(y + 2, x), pixel(y + 4, x))
    }
    @inline(always) func edgeRow(_ y: Int) -> Six {
      inputRow((edge(y, 0), edge(y, 1), edge(y, 2), edge(y, 3), edge(y, 4), edge(y, 5)))
    }
    store(edgeRow(0), 0, frequencies, frequencyStride)
    do {
      @inline(always) func pair(_ x: Int) -> Pair {
        ones(pixel(1, x), pixel(2, x), pixel(3, x), pixel(4, x))
      }
      let (p0, p1, p2, p3, p4, p5) = (pair(0), pair(1), pair(2), pair(3), pair(4), pair(5))
      store(inputRow((p0.0, p1.0, p2.0, p3.0, p4.0, p5.0)), 1, frequencies, frequencyStride)
      store(inputRow((p0.1, p1.1, p2.1, p3.1, p4.1, p5.1)), 2, frequencies, frequencyStride)
    }
    do {
      @inline(always) func pair(_ x: Int) -> Pair {
        twos(pixel(1, x), pixel(2, x), pixel(3, x), pixel(4, x))
      }
      let (p0, p1, p2, p3, p4, p5) = (pair(0), pair(1), pair(2), pair(3), pair(4), pair(5))
      store(inputRow((p0.0, p1.0, p2.0, p3.0, p4.0, p5.0)), 3, frequencies, frequencyStride)
      store(inputRow((p0.1, p1.1, p2.1, p3.1, p4.1, p5.1)), 4, frequencies, frequencyStride)
    }
    store(edgeRow(1), 5, frequencies, frequencyStride)
  }

  // MARK: y = At m A

  typealias Four = (Register, Register, Register, Register)

  /// Row i of At m over a^i. The weights of the point infinity belong to row 3 alone, and are divided by a^3 for that.
  @inline(always)
  private static func outputRow(_ m: Six) -> Four {
    let (sum1, difference1) = (m.1 + m.2, m.1 - m.2)
    let (sum2, difference2) = (m.3 + m.4, m.3 - m.4)
    return (
      m.0 + sum1 + sum2, difference1.adding(2, difference2), sum1.adding(4, sum2),
      difference1.adding(8, difference2) + m.5
    )
  }

  @inline(never)
  static func output(
    _ frequencies: UnsafePointer<Float>, frequencyStride: Int, bias: Register, floor: Register,
    into destination: UnsafeMutablePointer<Float>, rowStride: Int, columnStride: Int
  ) {
    // Column x of m becomes column x of At m.
    let (down, right) = (6 * frequencyStride, frequencyStride)
    let c0 = outputRow(six(frequencies, down))
    let c1 = outputRow(six(frequencies + right, down))
    let c2 = outputRow(six(frequencies + 2 * right, down))
    let c3 = outputRow(six(frequencies + 3 * right, down))
    let c4 = outputRow(six(frequencies + 4 * right, down))
    let c5 = outputRow(six(frequencies + 5 * right, down))
    var row = destination
    write(
      outputRow((c0.0, c1.0, c2.0, c3.0, c4.0, c5.0)), 1, bias, floor, row, columnStride)
    row += rowStride
    write(
      outputRow((c0.1, c1.1, c2.1, c3.1, c4.1, c5.1)), 0.75, bias, floor, row, columnStride)
    row += rowStride
    write(
      outputRow((c0.2, c1.2, c2.2, c3.2, c4.2, c5.2)), 0.5625, bias, floor, row, columnStride)
    row += rowStride
    write(
      outputRow((c0.3, c1.3, c2.3, c3.3, c4.3, c5.3)), 0.421875, bias, floor, row, columnStride)
  }

  @inline(always)
  private static func write(
    _ row: Four, _ scale: Float, _ bias: Register, _ floor: Register,
    _ destination: UnsafeMutablePointer<Float>, _ columnStride: Int
  ) {
    destination.store(atLeast(bias.adding(scale, row.0), floor), at: 0)
    destination.store(atLeast(bias.adding(scale * 0.75, row.1), floor), at: columnStride)
    destination.store(atLeast(bias.adding(scale * 0.5625, row.2), floor), at: 2 * columnStride)
    destination.store(atLeast(bias.adding(scale * 0.421875, row.3), floor), at: 3 * columnStride)
  }

  // MARK: D = A y' At

  /// Four vectors, `stride` floats apart.
  @inline(always)
  private static func four(_ base: UnsafePointer<Float>, _ stride: Int) -> Four {
    (
      base.register(at: 0), base.register(at: stride), base.register(at: 2 * stride),
      base.register(at: 3 * stride)
    )
  }

  @inline(always)
  private static func gradientRow(_ y: Four) -> Six {
    let (even1, odd1) = (y.0.adding(0.5625, y.2), y.1.adding(0.5625, y.3))
    let (even2, odd2) = (y.0.adding(2.25, y.2), y.1.adding(2.25, y.3))
    return (
      y.0, even1.adding(0.75, odd1), even1.adding(-0.75, odd1), even2.adding(1.5, odd2),
      even2.adding(-1.5, odd2), y.3
    )
  }

  @inline(never)
  static func gradient(
    _ source: UnsafePointer<Float>, rowStride: Int, columnStride: Int,
    into frequencies: UnsafeMutablePointer<Float>, frequencyStride: Int
  ) {
    let c0 = gradientRow(four(source, rowStride))
    let c1 = gradientRow(four(source + columnStride, rowStride))
    let c2 = gradientRow(four(source + 2 * columnStride, rowStride))
    let c3 = gradientRow(four(source + 3 * columnStride, rowStride))
    store(gradientRow((c0.0, c1.0, c2.0, c3.0)), 0, frequencies, frequencyStride)
    store(gradientRow((c0.1, c1.1, c2.1, c3.1)), 1, frequencies, frequencyStride)
    store(gradientRow((c0.2, c1.2, c2.2, c3.2)), 2, frequencies, frequencyStride)
    store(gradientRow((c0.3, c1.3, c2.3, c3.3)), 3, frequencies, frequencyStride)
    store(gradientRow((c0.4, c1.4, c2.4, c3.4)), 4, frequencies, frequencyStride)
    store(gradientRow((c0.5, c1.5, c2.5, c3.5)), 5, frequencies, frequencyStride)
  }

  // MARK: U = G g Gt and g' = Gt u G

  typealias Three = (Register, Register, Register)

  @inline(always)
  private static func weightRow(_ g: Three) -> Six {
    let even1 = (g.0 * (-128 / 243)).adding(-8 / 27, g.2)
    let even2 = (g.0 * (32 / 243)).adding(8 / 27, g.2)
    return (
      g.0 * (64 / 81), even1.adding(-32 / 81, g.1), even1.adding(32 / 81, g.1),
      even2.adding(16 / 81, g.1), even2.adding(-16 / 81, g.1), g.2 * (64 / 27)
    )
  }

  @inline(never)
  static func weights(
    _ kernel: UnsafePointer<Float>, stride: Int, into frequencies: UnsafeMutablePointer<Float>,
    frequencyStride: Int
  ) {
    @inline(always) func column(_ x: Int) -> Six {
      weightRow(
        (
          kernel.register(at: x * stride), kernel.register(at: (3 + x) * stride),
          kernel.register(at: (6 + x) * stride)
        ))
    }
    let (c0, c1, c2) = (column(0), column(1), column(2))
    store(weightRow((c0.0, c1.0, c2.0)), 0, frequencies, frequencyStride)
    store(weightRow((c0.1, c1.1, c2.1)), 1, frequencies, frequencyStride)
    store(weightRow((c0.2, c1.2, c2.2)), 2, frequencies, frequencyStride)
    store(weightRow((c0.3, c1.3, c2.3)), 3, frequencies, frequencyStride)
    store(weightRow((c0.4, c1.4, c2.4)), 4, frequencies, frequencyStride)
    store(weightRow((c0.5, c1.5, c2.5)), 5, frequencies, frequencyStride)
  }

  @inline(always)
  private static func weightGradientRow(_ u: Six) -> Three {
    let (sum1, difference1) = (u.1 + u.2, u.2 - u.1)
    let (sum2, difference2) = (u.3 + u.4, u.3 - u.4)
    let first = u.0 * (64 / 81)
    let second = difference1 * (32 / 81)
    return (
      first.adding(-128 / 243, sum1).adding(32 / 243, sum2), second.adding(16 / 81, difference2),
      u.5.adding(-8 / 27, sum1 - sum2)
    )
  }

  @inline(never)
  static func weightGradient(
    _ frequencies: UnsafePointer<Float>, frequencyStride: Int,
    into kernel: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let (down, right) = (6 * frequencyStride, frequencyStride)
    let c0 = weightGradientRow(six(frequencies, down))
    let c1 = weightGradientRow(six(frequencies + right, down))
    let c2 = weightGradientRow(six(frequencies + 2 * right, down))
    let c3 = weightGradientRow(six(frequencies + 3 * right, down))
    let c4 = weightGradientRow(six(frequencies + 4 * right, down))
    let c5 = weightGradientRow(six(frequencies + 5 * right, down))
    write(
      weightGradientRow((c0.0, c1.0, c2.0, c3.0, c4.0, c5.0)), kernel, stride)
    write(
      weightGradientRow((c0.1, c1.1, c2.1, c3.1, c4.1, c5.1)), kernel + 3 * stride, stride)
    write(
      weightGradientRow((c0.2, c1.2, c2.2, c3.2, c4.2, c5.2)), kernel + 6 * stride, stride)
  }

  @inline(always)
  private static func write(_ row: Three, _ kernel: UnsafeMutablePointer<Float>, _ stride: Int) {
    kernel.store(row.0, at: 0)
    kernel.store(row.1, at: stride)
    kernel.store(row.2, at: 2 * stride)
  }
}
