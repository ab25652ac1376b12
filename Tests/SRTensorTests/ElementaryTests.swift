import Foundation
import SRTensor
import Testing

/// Elementary functions against the C library's, whose errors are below one unit in the last place.
@Suite struct ElementaryTests {
  /// How many units in the last place of `expected` a value is away from it.
  private func distance(_ value: Double, _ expected: Double) -> Double {
    value == expected ? 0 : abs(value - expected) / expected.ulp
  }

  /// Numbers between two bounds, evenly and at random.
  private func numbers(_ range: ClosedRange<Double>, count: Int = 50_000) -> [Double] {
    var generator = PhiloxGenerator(seed: 31, stream: 0)
    let width = range.upperBound - range.lowerBound
    var numbers: [Double] = []
    for index in 0...count {
      let share = Double(index) / Double(count)
      numbers.append(min(range.lowerBound + width * share, range.upperBound))
      let random = Double(generator.nextUInt32()) * 0x1p-32
      numbers.append(range.lowerBound + width * random)
    }
    return numbers
  }

  @Test func exponentialAgreesWithTheLibrary() {
    for x in numbers(-2...2) + numbers(-745...709.78) {
      #expect(distance(Elementary.exp(x), exp(x)) <= 1.5, "exp(\(x))")
    }
    #expect(Elementary.exp(0.0) == 1 && Elementary.exp(-0.0) == 1)
    #expect(Elementary.exp(710.0) == .infinity && Elementary.exp(Double.infinity) == .infinity)
    #expect(Elementary.exp(-746.0) == 0 && Elementary.exp(-Double.infinity) == 0)
    #expect(Elementary.exp(Double.nan).isNaN)
  }

  /// The error grows with the exponent of e that the power is.
  @Test func realPowerAgreesWithTheLibrary() {
    for base in numbers(1e-6...4, count: 500) {
      for exponent in [0.0448, 0.3333, 1, 2.5, -3] {
        let units = 4 + 2 * abs(exponent * log(base))
        #expect(
          distance(Elementary.power(base, exponent), pow(base, exponent)) <= units, "\(base) to \(exponent)")
      }
    }
    #expect(Elementary.power(1, 0.3) == 1 && Elementary.power(0, 0.3) == 0)
    #expect(Elementary.power(-1, 0.3).isNaN && Elementary.power(.nan, 0.3).isNaN)
  }

  /// In single precision against the exact power. Nearly all results are the nearest number.
  @Test func singlePrecisionExponentialAgreesWithTheLibrary() {
    for x in (numbers(-2...2) + numbers(-103...88.7)).map(Float.init) {
      let (value, expected) = (Elementary.exp(x), exp(Double(x)))
      #expect(abs(Double(value) - expected) <= 0.503 * Double(Float(expected).ulp), "exp(\(x))")
    }
    #expect(Elementary.exp(Float(0)) == 1 && Elementary.exp(Float(88.8)) == .infinity)
    #expect(Elementary.exp(Float(-104.1)) == 0 && Elementary.exp(-Float.infinity) == 0)
    #expect(Elementary.exp(Float.infinity) == .infinity && Elementary.exp(Float.nan).isNaN)
  }

  @Test func cosineAgreesWithTheLibrary() {
    for x in numbers(0...(.pi)) + numbers(-1e5...1e5) {
      #expect(distance(Elementary.cos(x), cos(x)) <= 1.5, "cos(\(x))")
    }
    #expect(Elementary.cos(0) == 1 && Elementary.cos(.pi) == -1)
  }

  /// Near multiples of a quarter turn, one of both values is small. Its error is compared with 1.
  @Test func circleAgreesWithTheLibrary() {
    for turns in numbers(-2...2) + numbers(-1000...1000) {
      let (cosine, sine) = Elementary.circle(turns)
      // The library takes radians, which are rounded.
      let angle = 2 * Double.pi * turns
      let error = 4e-16 + angle.ulp
      #expect(abs(cosine - cos(angle)) <= error && abs(sine - sin(angle)) <= error, "\(turns) turns")
    }
    for (quarter, expected) in [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)].enumerated() {
      #expect(Elementary.circle(Double(quarter) / 4) == expected)
    }
  }

  @Test func besselFunctionAgreesWithTheLibrary() {
    for x in numbers(0...60, count: 2000) {
      #expect(abs(Elementary.besselJ1(x) - j1(x)) < 1e-14, "J1(\(x))")
    }
  }

  @Test func naturalLogarithmAgreesWithTheLibrary() {
    for x in numbers(0.5...2) + numbers(1e-300...1e300) {
      #expect(distance(Elementary.log(x), log(x)) <= 4, "log(\(x))")
    }
    #expect(Elementary.log(1) == 0 && Elementary.log(0) == -.infinity && Elementary.log(-1).isNaN)
  }

  @Test func logarithmAgreesWithTheLibrary() {
    // The library's own error is up to two units.
    for x in numbers(0.5...2) + numbers(1e-12...1e6) + numbers(1e-300...1e300) {
      #expect(distance(Elementary.log10(x), log10(x)) <= 2.5, "log10(\(x))")
    }
    for power in -20...20 {
      let x = Double("1e\(power)")!
      #expect(distance(Elementary.log10(x), Double(power)) <= 1)
    }
    #expect(Elementary.log10(1) == 0 && Elementary.log10(10) == 1 && Elementary.log10(100) == 2)
    #expect(Elementary.log10(0) == -.infinity && Elementary.log10(.infinity) == .infinity)
    #expect(Elementary.log10(-1).isNaN && Elementary.log10(.nan).isNaN)
    #expect(distance(Elementary.log10(.leastNonzeroMagnitude), log10(Double.leastNonzeroMagnitude)) <= 1)
  }

  @Test func powersAgreeWithTheLibrary() {
    for base in [0.9, 0.999, 0.5, 0.1, 0.99999, 1, 0, 1.0001] {
      for exponent in Array(0...200) + [1000, 4567, 10_000, 123_456, 1_000_000, 1 << 31] {
        let (value, expected) = (Elementary.power(base, exponent), pow(base, Double(exponent)))
        #expect(distance(value, expected) <= 1, "\(base)^\(exponent)")
      }
    }
    #expect(Elementary.power(2, 1023) == 0x1p1023 && Elementary.power(2, 1024) == .infinity)
  }

  /// Three operations are rounded.
  @Test func logisticAgreesWithTheDefinition() {
    for x in numbers(-87...87) {
      let x = Float(x)
      let expected = 1 / (1 + exp(-Double(x)))
      #expect(abs(Double(logistic(x)) / expected - 1) <= 1.5 * Double(Float.ulpOfOne), "logistic(\(x))")
    }
    #expect(logistic(0) == 0.5 && logistic(100) == 1 && logistic(-.infinity) == 0 && logistic(.nan).isNaN)
  }
}
