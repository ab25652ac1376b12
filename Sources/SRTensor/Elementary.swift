/// Elementary functions with the same bits on every machine.
///
/// The C library's functions differ between its versions and, because it picks instructions by CPU, between machines. These
/// use only operations that IEEE 754 rounds in one way: +, -, *, / and fused multiplication. The polynomials of
/// `exp` in double precision, ``cos(_:)``, ``circle(_:)`` and ``log10(_:)`` are fdlibm's (Sun Microsystems, 1993; `log10` in FreeBSD's form).
package enum Elementary {
  /// e to the power of `x`, within one unit in the last place. 0 below -745.2, infinite above 709.8.
  ///
  /// x = k log(2) + r with |r| <= log(2) / 2, and exp(x) = 2^k exp(r).
  package static func exp(_ x: Double) -> Double {
    if x.isNaN { return x }
    if x > 709.782712893384 { return .infinity }
    if x < -745.1332191019412 { return 0 }
    let k = (x * 1.44269504088896338700).rounded(.toNearestOrEven)
    // log(2) in two parts. Products of the first one with k are exact.
    let high = x - k * 6.93147180369123816490e-01
    let low = k * 1.90821492927058770002e-10
    let r = high - low
    let t = r * r
    let p4 = t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08)
    let p3 = t * (6.61375632143793436117e-05 + p4)
    let p2 = t * (-2.77777777770155933842e-03 + p3)
    let c = r - t * (1.66666666666666019037e-01 + p2)
    let y = 1 - ((low - (r * c) / (2 - c)) - high)
    // In two steps, because 2^k may lie outside the range of numbers where the result does not.
    let exponent = Int(k)
    let half = exponent / 2
    return y * powerOfTwo(half) * powerOfTwo(exponent - half)
  }

  /// 2 to a power that is a normal number.
  private static func powerOfTwo(_ exponent: Int) -> Double {
    Double(bitPattern: UInt64(1023 + exponent) << 52)
  }

  /// e to the power of `x`, rounded to single precision with an error of at most 0.502 units in the last place. 0 below -104,
  /// infinite above 88.73.
  ///
  /// exp(x) = 2^(k / 32) 2^(r / 32) with |r| <= 1 / 2, in double precision; 2^(r / 32) by a polynomial (S. Nagy, Arm Optimized Routines).
  package static func exp(_ x: Float) -> Float {
    if x.isNaN { return x }
    if x > 89 { return .infinity }
    if x < -104 { return 0 }
    let scaled = Double(x) * (0x1.71547652b82fep0 * 32)
    let k = scaled.rounded(.toNearestOrEven)
    let r = scaled - k
    let high = 0x1.c6af84b912394p-5 / 32 / 32 / 32 * r + 0x1.ebfce50fac4f3p-3 / 32 / 32
    let low = 0x1.62e42ff0c52d6p-1 / 32 * r + 1
    let power = powersOfRoot[Int(k) & 31] * powerOfTwo(Int(k) >> 5)
    return Float((high * (r * r) + low) * power)
  }

  /// 2^(i / 32), each rounded once.
  private static let powersOfRoot: [Double] = [
    0x1.0000000000000p0, 0x1.059b0d3158574p0, 0x1.0b5586cf9890fp0, 0x1.11301d0125b51p0,
    0x1.172b83c7d517bp0, 0x1.1d4873168b9aap0, 0x1.2387a6e756238p0, 0x1.29e9df51fdee1p0,
    0x1.306fe0a31b715p0, 0x1.371a7373aa9cbp0, 0x1.3dea64c123422p0, 0x1.44e086061892dp0,
    0x1.4bfdad5362a27p0, 0x1.5342b569d4f82p0, 0x1.5ab07dd485429p0, 0x1.6247eb03a5585p0,
    0x1.6a09e667f3bcdp0, 0x1.71f75e8ec5f74p0, 0x1.7a11473eb0187p0, 0x1.82589994cce13p0,
    0x1.8ace5422aa0dbp0, 0x1.93737b0cdc5e5p0, 0x1.9c49182a3f090p0, 0x1.a5503b23e255dp0,
    0x1.ae89f995ad3adp0, 0x1.b7f76f2fb5e47p0, 0x1.c199bdd85529cp0, 0x1.cb720dcef9069p0,
    0x1.d5818dcfba487p0, 0x1.dfc97337b9b5fp0, 0x1.ea4afa2a490dap0, 0x1.f50765b6e4540p0,
  ]

  /// The cosine of `x`, within one unit in the last place.
  ///
  /// - Precondition: |x| is at most 1e5.
  package static func cos(_ x: Double) -> Double {
    precondition(abs(x) <= 1e5, "the cosine of \(x) was asked for, which lies outside -1e5...1e5")
    // x = n pi / 2 + (r + rest), with pi / 2 in three parts. Products of the first two with n are exact.
    let n = (x * 6.36619772367581382433e-01).rounded(.toNearestOrEven)
    let first = x - n * 1.57079632673412561417e+00
    let second = n * 6.07710050630396597660e-11
    let difference = first - second
    let third = n * 2.02226624879595063154e-21 - ((first - difference) - second)
    let r = difference - third
    let rest = (difference - r) - third
    switch Int(n) & 3 {
    case 0: return cosine(r, rest)
    case 1: return -sine(r, rest)
    case 2: return -cosine(r, rest)
    default: return sine(r, rest)
    }
  }

  /// cos(x + rest) for |x| <= pi / 4
  private static func cosine(_ x: Double, _ rest: Double) -> Double {
    let z = x * x
    let p3 = z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11)
    let p2 = z * (2.48015872894767294178e-05 + z * (-2.75573143513906633035e-07 + p3))
    let p = z * (4.16666666666666019037e-02 + z * (-1.38888888888741095749e-03 + p2))
    let half = 0.5 * z
    let w = 1 - half
    return w + (((1 - w) - half) + (z * p - x * rest))
  }

  /// sin(x + rest) for |x| <= pi / 4
  private static func sine(_ x: Double, _ rest: Double) -> Double {
    let z = x * x
    let p2 = z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)
    let p =
      8.33333333332248946124e-03 + z * (-1.98412698298579493134e-04 + z * (2.75573137070700676789e-06 + p2))
    let cube = z * x
    return x - ((z * (0.5 * rest - cube * p) - rest) - cube * -1.66666666666666324348e-01)
  }

  /// The cosine and the sine of 2 pi `turns`, within about one unit in the last place.
  ///
  /// - Precondition: |turns| is at most 1e5.
  package static func circle(_ turns: Double) -> (cosine: Double, sine: Double) {
    precondition(
      abs(turns) <= 1e5, "the circle at \(turns) turns was asked for, which lies outside -1e5...1e5")
    let quarters = (4 * turns).rounded(.toNearestOrEven)
    // At most an eighth of a turn. Both operations before the product are exact.
    let x = (turns - quarters / 4) * (2 * .pi)
    let (c, s) = (cosine(x, 0), sine(x, 0))
    return switch Int(quarters) & 3 {
    case 0: (c, s)
    case 1: (-s, c)
    case 2: (-c, -s)
    default: (s, -c)
    }
  }

  /// Bessel's function J1 for 0 <= `x` <= 60, with an absolute error of about 1e-15: his integral of a periodic function by the
  /// trapezoidal rule, which converges faster than any power (Abramowitz, Stegun: 9.1.21).
  package static func besselJ1(_ x: Double) -> Double {
    precondition((0...60).contains(x), "J1 of \(x) was asked for, which lies outside 0...60")
    let points = 128
    var sum = 0.0
    for point in 0..<points {
      let turns = Double(point) / Double(points)
      sum += circle(turns - x * circle(turns).sine / (2 * .pi)).cosine
    }
    return sum / Double(points)
  }

  /// The natural logarithm of `x`, within about two units in the last place. Minus infinity at 0, NaN below.
  package static func log(_ x: Double) -> Double { log10(x) * 2.30258509299404568402 }

  /// The decimal logarithm of `x`, within one unit in the last place. Minus infinity at 0, NaN below.
  ///
  /// x = 2^k (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2).
  package static func log10(_ x: Double) -> Double {
    guard x > 0 else { return x == 0 ? -.infinity : .nan }
    guard x.isFinite else { return x }
    var (k, m) = (Double(x.exponent), x.significand)
    if m >= 1.4142135623730951 { (k, m) = (k + 1, m / 2) }
    let f = m - 1
    // log(1 + f) = f - f^2 / 2 + s (f^2 / 2 + R(s^2)), s = f / (2 + f)
    let s = f / (2 + f)
    let z = s * s
    let w = z * z
    let even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    let odd3 = w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)
    let odd = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01 + odd3))
    let square = 0.5 * f * f
    let tail = s * (square + (odd + even))
    // In two parts, of which the first has few digits: its product with that of 1 / log(10) is exact.
    let high = Double(bitPattern: (f - square).bitPattern & ~0xffff_ffff)
    let low = ((f - high) - square) + tail
    let valueHigh = high * 4.34294481878168880939e-01
    let powerHigh = k * 3.01029995663611771306e-01
    let sum = powerHigh + valueHigh
    var valueLow = k * 3.69423907715893078616e-13
    valueLow += (low + high) * 2.50829467116452752298e-11 + low * 4.34294481878168880939e-01
    valueLow += (powerHigh - sum) + valueHigh
    return valueLow + sum
  }

  /// `base` to the power of `exponent`, correctly rounded in all but a few of 2^40 cases.
  ///
  /// Squares and multiplies numbers of twice the precision, so their errors stay far below the last place.
  ///
  /// - Precondition: the exponent is not negative.
  package static func power(_ base: Double, _ exponent: Int) -> Double {
    precondition(exponent >= 0, "a power of \(exponent) was asked for")
    var (result, square, rest) = (Pair(1), Pair(base), exponent)
    while rest > 0 {
      if rest & 1 == 1 { result = result * square }
      rest >>= 1
      if rest > 0 { square = square * square }
    }
    return result.high
  }

  /// `base` to the power of `exponent`, as exp(exponent log(base)). The relative error is about |exponent log(base)| + 2 units in
  /// the last place. NaN for a negative base.
  package static func power(_ base: Double, _ exponent: Double) -> Double {
    exp(exponent * log(base))
  }

  /// The sum of two numbers, the second of which is at most half a unit in the last place of the first.
  private struct Pair {
    var high: Double
    private var low: Double = 0

    init(_ value: Double) { high = value }

    static func * (left: Pair, right: Pair) -> Pair {
      let product = left.high * right.high
      guard product.isFinite else { return Pair(product) }
      let error = (-product).addingProduct(left.high, right.high)
      let low = error + (left.high * right.low + left.low * right.high)
      var pair = Pair(product + low)
      pair.low = (product - pair.high) + low
      return pair
    }
  }
}
