/// The training loss: sum of weight * term over its terms.
package struct WeightedSum: Sendable {
  package struct Term: Sendable {
    package let loss: any Loss
    package let weight: Float

    package init(_ loss: any Loss, weight: Float) {
      self.loss = loss
      self.weight = weight
    }
  }

  package let terms: [Term]

  package init(_ terms: [Term]) {
    precondition(!terms.isEmpty, "a loss of no terms was asked for")
    self.terms = terms
  }

  /// Names of the terms, in the order of their values.
  package var names: [String] { terms.map(\.loss.name) }

  /// The most image pairs that gain by being compared together.
  package var groupSize: Int { terms.map(\.loss.groupSize).max() ?? 1 }

  /// Floats of scratch memory that one evaluation needs; the terms use it one after the other.
  package func scratchCount(height: Int, width: Int) -> Int {
    terms.map { $0.loss.scratchCount(height: height, width: width) }.max() ?? 0
  }

  /// The weighted sum for each of up to ``groupSize`` image pairs, or of one; adds its gradients where they are asked for.
  ///
  /// - Parameter receive: called with each pair's value of each term, without its weight.
  package func evaluate(
    _ pairs: [ImagePair], height: Int, width: Int, scratch: UnsafeMutablePointer<Float>,
    receive: (_ pair: Int, _ term: Int, _ value: Double) -> Void
  ) -> [Double] {
    var totals = Array(repeating: 0.0, count: pairs.count)
    for (index, term) in terms.enumerated() {
      let values = term.loss.evaluate(
        pairs, height: height, width: width, weight: term.weight, scratch: scratch)
      for (pair, value) in values.enumerated() {
        receive(pair, index, value)
        totals[pair] += Double(term.weight) * value
      }
    }
    return totals
  }
}
