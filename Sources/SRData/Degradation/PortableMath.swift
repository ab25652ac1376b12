/// Functions whose results have the same bits on every CPU, in double precision, with relative errors below about 1e-15. They
/// consist of IEEE additions, multiplications and divisions alone; the C library's functions differ from one CPU to another.
package enum PortableMath {
  private static let ln2 = 0.693_147_180_559_945_3
  /// ln 2 as the sum of a number of 32 bits and a rest, so that a multiple of it is exact.
  private static let (ln2High, ln2Low) = (0x1.62e42feep-1, 0x1.a39ef35793c76p-33)

  /// e^x. 0 below -700, and at most e^700.
  package static func exp(_ x: Double) -> Double {
    if x < -700 { return 0 }
    let x = min(x, 700)
    let power = (x / ln2).rounded()
    let rest = (x - power * ln2High) - power * ln2Low
    // Taylor's series; |rest| is at most ln 2 / 2.
    var sum = 1.0
    for k in stride(from: 14.0, to: 0, by: -1) { sum = 1 + rest / k * sum }
    return sum * Double(sign: .plus, exponent: Int(power), significand: 1)
  }

  /// The natural logarithm. Precondition: `x` is a positive normal number.
  package static func log(_ x: Double) -> Double {
    var (exponent, mantissa) = (Double(x.exponent), x.significand)
    if mantissa > 1.414_213_562_373_095_1 { (exponent, mantissa) = (exponent + 1, mantissa / 2) }
    // log m = 2 artanh((m - 1) / (m + 1)); the argument is at most 0.172.
    let t = (mantissa - 1) / (mantissa + 1)
    let s = t * t
    let high = 1.0 / 13 + s * (1.0 / 15 + s * (1.0 / 17 + s * (1.0 / 19 + s * (1.0 / 21))))
    let low = 1.0 / 5 + s * (1.0 / 7 + s * (1.0 / 9 + s * (1.0 / 11 + s * high)))
    let sum = 1 + s * (1.0 / 3 + s * low)
    return exponent * ln2High + (2 * t * sum + exponent * ln2Low)
  }

  /// x^y for `x` >= 0 and `y` > 0.
  package static func power(_ x: Double, _ y: Double) -> Double {
    x < Double.leastNormalMagnitude ? 0 : exp(y * log(x))
  }

  /// cos and sin of 2 pi `turns`.
  package static func circle(_ turns: Double) -> (cosine: Double, sine: Double) {
    let quarters = (turns * 4).rounded()
    // Between -1/8 and 1/8 of a turn; both operations are exact.
    let x = (turns - quarters / 4) * 6.283_185_307_179_586
    let y = x * x
    // Taylor's series.
    let cosineTail = 1.0 / 40_320 - y * (1.0 / 3_628_800 - y * (1.0 / 479_001_600 - y / 87_178_291_200))
    let cosine = 1 - y * (1.0 / 2 - y * (1.0 / 24 - y * (1.0 / 720 - y * cosineTail)))
    let sineTail = 1.0 / 362_880 - y * (1.0 / 39_916_800 - y * (1.0 / 6_227_020_800 - y / 1_307_674_368_000))
    let sine = x * (1 - y * (1.0 / 6 - y * (1.0 / 120 - y * (1.0 / 5_040 - y * sineTail))))
    return switch Int(quarters) & 3 {
    case 0: (cosine, sine)
    case 1: (-sine, cosine)
    case 2: (-cosine, -sine)
    default: (sine, -cosine)
    }
  }

  /// The Bessel function J1 for 0 <= x <= 60, with an absolute error of about 1e-15: Bessel's integral of a periodic function, by
  /// the trapezoidal rule, which converges faster than any power (Abramowitz, Stegun: 9.1.21).
  package static func besselJ1(_ x: Double) -> Double {
    let points = 128
    var sum = 0.0
    for point in 0..<points {
      let turns = Double(point) / Double(points)
      let angle = turns - x * circle(turns).sine / 6.283_185_307_179_586
      sum += circle(angle).cosine
    }
    return sum / Double(points)
  }
}
