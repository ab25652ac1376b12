/// F(6x6, 3x3): 64 multiplications instead of the direct method's 324. Points 0, 1, -1, 2, -2, 1/2, -1/2, infinity.
///
/// A sixth fewer products than F(4x4, 3x3) if the image is large, at two to three times its rounding error.
enum WinogradF6: WinogradTransform {
  @inline(always) static var outputTile: Int { 6 }
  static var name: String { "winograd F(6x6,3x3)" }

  typealias Eight = (Register, Register, Register, Register, Register, Register, Register, Register)
  typealias Six = (Register, Register, Register, Register, Register, Register)
  typealias Three = (Register, Register, Register)
  typealias Pair = (Register, Register)

  /// Eight vectors, `stride` floats apart.
  @inline(always)
  private static func eight(_ base: UnsafePointer<Float>, _ stride: Int) -> Eight {
    (
      base.register(at: 0), base.register(at: stride), base.register(at: 2 * stride),
      base.register(at: 3 * stride), base.register(at: 4 * stride), base.register(at: 5 * stride),
      base.register(at: 6 * stride), base.register(at: 7 * stride)
    )
  }

  /// Six vectors, `stride` floats apart.
  @inline(always)
  private static func six(_ base: UnsafePointer<Float>, _ stride: Int) -> Six {
    (
      base.register(at: 0), base.register(at: stride), base.register(at: 2 * stride),
      base.register(at: 3 * stride), base.register(at: 4 * stride), base.register(at: 5 * stride)
    )
  }

  @inline(always)
  private static func store(
    _ row: Eight, _ index: Int, _ frequencies: UnsafeMutablePointer<Float>, _ stride: Int
  ) {
    let base = frequencies + index * 8 * stride
    base.store(row.0, at: 0)
    base.store(row.1, at: stride)
    base.store(row.2, at: 2 * stride)
    base.store(row.3, at: 3 * stride)
    base.store(row.4, at: 4 * stride)
    base.store(row.5, at: 5 * stride)
    base.store(row.6, at: 6 * stride)
    base.store(row.7, at: 7 * stride)
  }

  // MARK: V = Bt d B

  @inline(always)
  private static func edge(_ d0: Register, _ d2: Register, _ d4: Register, _ d6: Register) -> Register {
    (d0 - d6).adding(5.25, d4 - d2)
  }

  /// Frequencies of the points 1 and -1.
  @inline(always)
  private static func ones(_ d: Six) -> Pair {
    let even = (d.1 + d.5).adding(-4.25, d.3)
    let odd = (d.0 + d.4).adding(-4.25, d.2)
    return (even + odd, even - odd)
  }

  /// Frequencies of the points 2 and -2.
  @inline(always)
  private static func twos(_ d: Six) -> Pair {
    let even = d.5.adding(0.25, d.1).adding(-1.25, d.3)
    let odd = d.4.adding(0.25, d.0).adding(-1.25, d.2)
    return (even.adding(2, odd), even.adding(-2, odd))
  }

  /// Frequencies of the points 1/2 and -1/2.
  @inline(always)
  private static func halves(_ d: Six) -> Pair {
    let even = d.5.adding(4, d.1).adding(-5, d.3)
    let odd = d.4.adding(4, d.0).adding(-5, d.2)
    return (even.adding(0.5, odd), even.adding(-0.5, odd))
  }

  @inline(always)
  private static func inputRow(_ d: Eight) -> Eight {
    let inner = (d.1, d.2, d.3, d.4, d.5, d.6)
    let (one, two, half) = (ones(inner), twos(inner), halves(inner))
    return (
      edge(d.0, d.2, d.4, d.6), one.0, one.1, two.0, two.1, half.0, half.1,
      edge(d.7, d.5, d.3, d.1)
    )
  }

  // The rows of Bt d are formed one or two at a time: more would not fit the registers.
  @inline(never)
  static func input(
    _ source: UnsafePointer<Float>, rowStride: Int, columnStride: Int,
    into frequencies: UnsafeMutablePointer<Float>, frequencyStride: Int
  ) {
    do {
      let row = edges(source, 2 * rowStride, columnStride)
      store(inputRow(row), 0, frequencies, frequencyStride)
    }
    let inner = source + rowStride
    do {
      let p0 = ones(six(inner, rowStride))
      let p1 = ones(six(inner + columnStride, rowStride))
      let p2 = ones(six(inner + 2 * columnStride, rowStride))
      let p3 = ones(six(inner + 3 * columnStride, rowStride))
      let p4 = ones(six(inner + 4 * columnStride, rowStride))
      let p5 = ones(six(inner + 5 * columnStride, rowStride))
      let p6 = ones(six(inner + 6 * columnStride, rowStride))
      let p7 = ones(six(inner + 7 * columnStride, rowStride))
      storePairs(p0, p1, p2, p3, p4, p5, p6, p7, 1, frequencies, frequencyStride)
    }
    do {
      let p0 = twos(six(inner, rowStride))
      let p1 = twos(six(inner + columnStride, rowStride))
      let p2 = twos(six(inner + 2 * columnStride, rowStride))
      let p3 = twos(six(inner + 3 * columnStride, rowStride))
      let p4 = twos(six(inner + 4 * columnStride, rowStride))
      let p5 = twos(six(inner + 5 * columnStride, rowStride))
      let p6 = twos(six(inner + 6 * columnStride, rowStride))
      let p7 = twos(six(inner + 7 * columnStride, rowStride))
      storePairs(p0, p1, p2, p3, p4, p5, p6, p7, 3, frequencies, frequencyStride)
    }
    do {
      let p0 = halves(six(inner, rowStride))
      let p1 = halves(six(inner + columnStride, rowStride))
      let p2 = halves(six(inner + 2 * columnStride, rowStride))
      let p3 = halves(six(inner + 3 * columnStride, rowStride))
      let p4 = halves(six(inner + 4 * columnStride, rowStride))
      let p5 = halves(six(inner + 5 * columnStride, rowStride))
      let p6 = halves(six(inner + 6 * columnStride, rowStride))
      let p7 = halves(six(inner + 7 * columnStride, rowStride))
      storePairs(p0, p1, p2, p3, p4, p5, p6, p7, 5, frequencies, frequencyStride)
    }
    let row = edges(source + 7 * rowStride, -2 * rowStride, columnStride)
    store(inputRow(row), 7, frequencies, frequencyStride)
  }

  /// ``edge(_:_:_:_:)`` of each column: of four pixels that lie `rowStride` floats apart.
  @inline(always)
  private static func edges(
    _ source: UnsafePointer<Float>, _ rowStride: Int, _ columnStride: Int
  ) -> Eight {
    let first = eight(source, columnStride)
    let second = eight(source + rowStride, columnStride)
    let third = eight(source + 2 * rowStride, columnStride)
    let fourth = eight(source + 3 * rowStride, columnStride)
    return (
      edge(first.0, second.0, third.0, fourth.0),
      edge(first.1, second.1, third.1, fourth.1),
      edge(first.2, second.2, third.2, fourth.2),
      edge(first.3, second.3, third.3, fourth.3),
      edge(first.4, second.4, third.4, fourth.4),
      edge(first.5, second.5, third.5, fourth.5),
      edge(first.6, second.6, third.6, fourth.6),
      edge(first.7, second.7, third.7, fourth.7)
    )
  }

  /// Transforms and stores two rows, given column by column.
  @inline(always)
  private static func storePairs(
    _ p0: Pair, _ p1: Pair, _ p2: Pair, _ p3: Pair, _ p4: Pair, _ p5: Pair, _ p6: Pair, _ p7: Pair,
    _ index: Int, _ frequencies: UnsafeMutablePointer<Float>, _ stride: Int
  ) {
    let first = inputRow((p0.0, p1.0, p2.0, p3.0, p4.0, p5.0, p6.0, p7.0))
    store(first, index, frequencies, stride)
    let second = inputRow((p0.1, p1.1, p2.1, p3.1, p4.1, p5.1, p6.1, p7.1))
    store(second, index + 1, frequencies, stride)
  }

  // MARK: y = At m A

  /// Rows 0, 2 and 4 of At m.
  @inline(always)
  private static func evenOutputs(_ m: Eight) -> Three {
    let (sum1, sum2, sum3) = (m.1 + m.2, m.3 + m.4, m.5 + m.6)
    return (
      (m.0 + sum1) + (sum2 + sum3), sum1.adding(4, sum2).adding(1 / 4, sum3),
      sum1.adding(16, sum2).adding(1 / 16, sum3)
    )
  }

  /// Rows 1, 3 and 5 of At m.
  @inline(always)
  private static func oddOutputs(_ m: Eight) -> Three {
    let (difference1, difference2, difference3) = (m.1 - m.2, m.3 - m.4, m.5 - m.6)
    return (
      difference1.adding(2, difference2).adding(1 / 2, difference3),
      difference1.adding(8, difference2).adding(1 / 8, difference3),
      (difference1 + m.7).adding(32, difference2).adding(1 / 32, difference3)
    )
  }

  // Even and odd rows of At m follow one another: together they would not fit the registers.
  @inline(never)
  static func output(
    _ frequencies: UnsafePointer<Float>, frequencyStride: Int, bias: Register, floor: Register,
    into destination: UnsafeMutablePointer<Float>, rowStride: Int, columnStride: Int
  ) {
    let (down, right) = (8 * frequencyStride, frequencyStride)
    do {
      let c0 = evenOutputs(eight(frequencies, down))
      let c1 = evenOutputs(eight(frequencies + right, down))
      let c2 = evenOutputs(eight(frequencies + 2 * right, down))
      let c3 = evenOutputs(eight(frequencies + 3 * right, down))
      let c4 = evenOutputs(eight(frequencies + 4 * right, down))
      let c5 = evenOutputs(eight(frequencies + 5 * right, down))
      let c6 = evenOutputs(eight(frequencies + 6 * right, down))
      let c7 = evenOutputs(eight(frequencies + 7 * right, down))
      write((c0.0, c1.0, c2.0, c3.0, c4.0, c5.0, c6.0, c7.0), bias, floor, destination, columnStride)
      write(
        (c0.1, c1.1, c2.1, c3.1, c4.1, c5.1, c6.1, c7.1), bias, floor, destination + 2 * rowStride,
        columnStride)
      write(
        (c0.2, c1.2, c2.2, c3.2, c4.2, c5.2, c6.2, c7.2), bias, floor, destination + 4 * rowStride,
        columnStride)
    }
    let c0 = oddOutputs(eight(frequencies, down))
    let c1 = oddOutputs(eight(frequencies + right, down))
    let c2 = oddOutputs(eight(frequencies + 2 * right, down))
    let c3 = oddOutputs(eight(frequencies + 3 * right, down))
    let c4 = oddOutputs(eight(frequencies + 4 * right, down))
    let c5 = oddOutputs(eight(frequencies + 5 * right, down))
    let c6 = oddOutputs(eight(frequencies + 6 * right, down))
    let c7 = oddOutputs(eight(frequencies + 7 * right, down))
    write(
      (c0.0, c1.0, c2.0, c3.0, c4.0, c5.0, c6.0, c7.0), bias, floor, destination + rowStride, columnStride)
    write(
      (c0.1, c1.1, c2.1, c3.1, c4.1, c5.1, c6.1, c7.1), bias, floor, destination + 3 * rowStride, columnStride
    )
    write(
      (c0.2, c1.2, c2.2, c3.2, c4.2, c5.2, c6.2, c7.2), bias, floor, destination + 5 * rowStride, columnStride
    )
  }

  @inline(always)
  private static func write(
    _ m: Eight, _ bias: Register, _ floor: Register, _ destination: UnsafeMutablePointer<Float>,
    _ columnStride: Int
  ) {
    let (even, odd) = (evenOutputs(m), oddOutputs(m))
    destination.store(atLeast(even.0 + bias, floor), at: 0)
    destination.store(atLeast(odd.0 + bias, floor), at: columnStride)
    destination.store(atLeast(even.1 + bias, floor), at: 2 * columnStride)
    destination.store(atLeast(odd.1 + bias, floor), at: 3 * columnStride)
    destination.store(atLeast(even.2 + bias, floor), at: 4 * columnStride)
    destination.store(atLeast(odd.2 + bias, floor), at: 5 * columnStride)
  }

  // MARK: D = A y' At

  /// Frequencies of the points p and -p, whose square is `square`.
  @inline(always)
  private static func gradientPair(_ y: Six, _ point: Float, _ square: Float) -> Pair {
    let even = y.0.adding(square, y.2).adding(square * square, y.4)
    let odd = y.1.adding(square, y.3).adding(square * square, y.5)
    return (even.adding(point, odd), even.adding(-point, odd))
  }

  @inline(always)
  private static func gradientRow(_ y: Six) -> Eight {
    let (one, two) = (gradientPair(y, 1, 1), gradientPair(y, 2, 4))
    let half = gradientPair(y, 1 / 2, 1 / 4)
    return (y.0, one.0, one.1, two.0, two.1, half.0, half.1, y.5)
  }

  @inline(never)
  static func gradient(
    _ source: UnsafePointer<Float>, rowStride: Int, columnStride: Int,
    into frequencies: UnsafeMutablePointer<Float>, frequencyStride: Int
  ) {
    store(gradientRow(six(source, columnStride)), 0, frequencies, frequencyStride)
    gradientRows(1, 1, 1, source, rowStride, columnStride, frequencies, frequencyStride)
    gradientRows(3, 2, 4, source, rowStride, columnStride, frequencies, frequencyStride)
    gradientRows(5, 1 / 2, 1 / 4, source, rowStride, columnStride, frequencies, frequencyStride)
    store(gradientRow(six(source + 5 * rowStride, columnStride)), 7, frequencies, frequencyStride)
  }

  /// Rows `index` and `index + 1` of D, which belong to a point and its negative.
  @inline(always)
  private static func gradientRows(
    _ index: Int, _ point: Float, _ square: Float, _ source: UnsafePointer<Float>, _ rowStride: Int,
    _ columnStride: Int, _ frequencies: UnsafeMutablePointer<Float>, _ frequencyStride: Int
  ) {
    let p0 = gradientPair(six(source, rowStride), point, square)
    let p1 = gradientPair(six(source + columnStride, rowStride), point, square)
    let p2 = gradientPair(six(source + 2 * columnStride, rowStride), point, square)
    let p3 = gradientPair(six(source + 3 * columnStride, rowStride), point, square)
    let p4 = gradientPair(six(source + 4 * columnStride, rowStride), point, square)
    let p5 = gradientPair(six(source + 5 * columnStride, rowStride), point, square)
    let first = gradientRow((p0.0, p1.0, p2.0, p3.0, p4.0, p5.0))
    store(first, index, frequencies, frequencyStride)
    let second = gradientRow((p0.1, p1.1, p2.1, p3.1, p4.1, p5.1))
    store(second, index + 1, frequencies, frequencyStride)
  }

  // MARK: U = G g Gt and g' = Gt u G

  @inline(always)
  private static func weightRow(_ g: Three) -> Eight {
    let (ninth, ninetieth): (Float, Float) = (1 / 9, 1 / 90)
    let one = (g.0 + g.2) * (-2 * ninth)
    let two = (g.0 * ninetieth).adding(4 * ninetieth, g.2)
    let half = (g.0 * (64 * ninetieth)).adding(16 * ninetieth, g.2)
    return (
      g.0, one.adding(-2 * ninth, g.1), one.adding(2 * ninth, g.1), two.adding(2 * ninetieth, g.1),
      two.adding(-2 * ninetieth, g.1), half.adding(32 * ninetieth, g.1),
      half.adding(-32 * ninetieth, g.1), g.2
    )
  }

  @inline(never)
  static func weights(
    _ kernel: UnsafePointer<Float>, stride: Int, into frequencies: UnsafeMutablePointer<Float>,
    frequencyStride: Int
  ) {
    @inline(always) func column(_ base: UnsafePointer<Float>) -> Eight {
      weightRow((base.register(at: 0), base.register(at: 3 * stride), base.register(at: 6 * stride)))
    }
    let (c0, c1, c2) = (column(kernel), column(kernel + stride), column(kernel + 2 * stride))
    store(weightRow((c0.0, c1.0, c2.0)), 0, frequencies, frequencyStride)
    store(weightRow((c0.1, c1.1, c2.1)), 1, frequencies, frequencyStride)
    store(weightRow((c0.2, c1.2, c2.2)), 2, frequencies, frequencyStride)
    store(weightRow((c0.3, c1.3, c2.3)), 3, frequencies, frequencyStride)
    store(weightRow((c0.4, c1.4, c2.4)), 4, frequencies, frequencyStride)
    store(weightRow((c0.5, c1.5, c2.5)), 5, frequencies, frequencyStride)
    store(weightRow((c0.6, c1.6, c2.6)), 6, frequencies, frequencyStride)
    store(weightRow((c0.7, c1.7, c2.7)), 7, frequencies, frequencyStride)
  }

  @inline(always)
  private static func weightGradientRow(_ u: Eight) -> Three {
    let (ninth, ninetieth): (Float, Float) = (1 / 9, 1 / 90)
    let (sum1, difference1) = (u.1 + u.2, u.2 - u.1)
    let (sum2, difference2) = (u.3 + u.4, u.3 - u.4)
    let (sum3, difference3) = (u.5 + u.6, u.5 - u.6)
    let middle = difference1 * (2 * ninth)
    return (
      u.0.adding(-2 * ninth, sum1).adding(ninetieth, sum2).adding(64 * ninetieth, sum3),
      middle.adding(2 * ninetieth, difference2).adding(32 * ninetieth, difference3),
      u.7.adding(-2 * ninth, sum1).adding(4 * ninetieth, sum2).adding(16 * ninetieth, sum3)
    )
  }

  @inline(never)
  static func weightGradient(
    _ frequencies: UnsafePointer<Float>, frequencyStride: Int,
    into kernel: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let (down, right) = (8 * frequencyStride, frequencyStride)
    let c0 = weightGradientRow(eight(frequencies, down))
    let c1 = weightGradientRow(eight(frequencies + right, down))
    let c2 = weightGradientRow(eight(frequencies + 2 * right, down))
    let c3 = weightGradientRow(eight(frequencies + 3 * right, down))
    let c4 = weightGradientRow(eight(frequencies + 4 * right, down))
    let c5 = weightGradientRow(eight(frequencies + 5 * right, down))
    let c6 = weightGradientRow(eight(frequencies + 6 * right, down))
    let c7 = weightGradientRow(eight(frequencies + 7 * right, down))
    write(weightGradientRow((c0.0, c1.0, c2.0, c3.0, c4.0, c5.0, c6.0, c7.0)), kernel, stride)
    write(weightGradientRow((c0.1, c1.1, c2.1, c3.1, c4.1, c5.1, c6.1, c7.1)), kernel + 3 * stride, stride)
    write(weightGradientRow((c0.2, c1.2, c2.2, c3.2, c4.2, c5.2, c6.2, c7.2)), kernel + 6 * stride, stride)
  }

  @inline(always)
  private static func write(_ row: Three, _ kernel: UnsafeMutablePointer<Float>, _ stride: Int) {
    kernel.store(row.0, at: 0)
    kernel.store(row.1, at: stride)
    kernel.store(row.2, at: 2 * stride)
  }
}
