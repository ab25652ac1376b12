import Foundation
import SRTensor
import Testing

@Suite struct LogisticTests {
  @Test func agreesWithTheDefinitionInDoublePrecision() {
    for step in -400...400 {
      let x = Float(step) / 4
      let expected = 1 / (1 + exp(-Double(x)))
      #expect(abs(Double(logistic(x)) - expected) <= 3e-7 * expected + 1e-38)
    }
  }

  @Test func hasLimitsAndKeepsNaN() {
    #expect(logistic(0) == 0.5)
    #expect(logistic(.infinity) == 1)
    #expect(logistic(-.infinity) == 0)
    #expect(logistic(.nan).isNaN)
  }
}
