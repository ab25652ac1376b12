import SRKernels

/// A differentiable distance of a super-resolved image from its target; a term of the training loss.
///
/// An instance is immutable, and threads share it. Each thread has its own scratch memory. A batch's loss is the mean over the
/// batch's images.
package protocol Loss: Sendable {
  /// The loss's name in options and logs, such as `ssim`.
  var name: String { get }

  /// The most image pairs that are compared faster together than one by one.
  var groupSize: Int { get }

  /// Floats of scratch memory that one evaluation of up to ``groupSize`` pairs of this shape needs.
  func scratchCount(_ shape: ImageShape) -> Int

  /// The distance, without weight, of each of up to ``groupSize`` pairs, or of one. Adds `weight` times the distance's
  /// gradient with respect to the super-resolved image to each pair's gradient. Each pair gets the same bits as if it were alone.
  ///
  /// - Parameter scratch: 64-byte aligned. Its contents before the call do not matter.
  /// - Precondition: the pairs have the same shape. All pairs ask for a gradient, or none does.
  func evaluate(_ pairs: [ImagePair], weight: Float, scratch: UnsafeMutablePointer<Float>) -> [Double]
}

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
    precondition(!terms.isEmpty, "a loss needs at least one term")
    self.terms = terms
  }

  /// Names of the terms, in the order of their values.
  package var names: [String] { terms.map(\.loss.name) }

  /// The most image pairs that are compared faster together than one by one.
  package var groupSize: Int { terms.map(\.loss.groupSize).max() ?? 1 }

  /// Floats of scratch memory that one evaluation needs. The terms use it one after the other.
  package func scratchCount(_ shape: ImageShape) -> Int {
    terms.map { $0.loss.scratchCount(shape) }.max() ?? 0
  }

  /// The weighted sum for each of up to ``groupSize`` image pairs, or for one. Adds the sum's gradient to each pair's gradient.
  ///
  /// - Parameter receive: called with each pair's value of each term, without its weight.
  package func evaluate(
    _ pairs: [ImagePair], scratch: UnsafeMutablePointer<Float>,
    receive: (_ pair: Int, _ term: Int, _ value: Double) -> Void
  ) -> [Double] {
    var totals = Array(repeating: 0.0, count: pairs.count)
    for (index, term) in terms.enumerated() {
      let values = term.loss.evaluate(pairs, weight: term.weight, scratch: scratch)
      for (pair, value) in values.enumerated() {
        receive(pair, index, value)
        totals[pair] += Double(term.weight) * value
      }
    }
    return totals
  }
}
