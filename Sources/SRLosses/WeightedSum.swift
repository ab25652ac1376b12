/// The training loss: sum of weight * term over its terms.
public struct WeightedSum: Sendable {
  public struct Term: Sendable {
    public let loss: any Loss
    public let weight: Float

    public init(_ loss: any Loss, weight: Float) {
      self.loss = loss
      self.weight = weight
    }
  }

  public let terms: [Term]

  public init(_ terms: [Term]) {
    precondition(!terms.isEmpty, "a loss of no terms was asked for")
    self.terms = terms
  }

  /// Names of the terms, in the order of their values.
  public var names: [String] { terms.map(\.loss.name) }

  /// Floats of scratch memory that one evaluation needs; the terms use it one after the other.
  public func scratchCount(height: Int, width: Int) -> Int {
    terms.map { $0.loss.scratchCount(height: height, width: width) }.max() ?? 0
  }

  /// The weighted sum for one image pair; writes each term's value, without its weight, to `termValues`. Where
  /// `gradient` is not nil, adds the sum's gradient by `superRes` to it.
  public func evaluate(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, height: Int, width: Int,
    gradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>,
    termValues: UnsafeMutablePointer<Double>
  ) -> Double {
    var total = 0.0
    for (index, term) in terms.enumerated() {
      let value = term.loss.evaluate(
        superRes: superRes, highRes: highRes, height: height, width: width, weight: term.weight,
        gradient: gradient, scratch: scratch)
      termValues[index] = value
      total += Double(term.weight) * value
    }
    return total
  }
}
