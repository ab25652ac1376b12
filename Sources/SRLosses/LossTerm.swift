/// One term of a weighted sum, as in `mse=1,ssim=0.1`.
package struct LossTerm: Sendable, Hashable, CustomStringConvertible {
  package var kind: LossKind
  /// The loss's factor in the sum; positive and finite.
  package var weight: Float

  package init(_ kind: LossKind, weight: Float) {
    precondition(weight > 0 && weight.isFinite, "the weight of \(kind) is \(weight), not positive")
    self.kind = kind
    self.weight = weight
  }

  /// Such as `mse=1`.
  package var description: String {
    "\(kind)=\(Int(exactly: weight).map(String.init) ?? "\(weight)")"
  }

  /// The sum as a text that ``parse(_:)`` reads.
  package static func text(_ terms: [LossTerm]) -> String {
    terms.map(\.description).joined(separator: ",")
  }

  /// Parses terms such as `mse=1,ssim=0.1`. Weights are positive, and each name occurs at most once.
  ///
  /// Throws ``LossTermError``.
  package static func parse(_ text: String) throws -> [LossTerm] {
    var terms: [LossTerm] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let term = try LossTerm(parsing: part.trimmingSpaces())
      if terms.contains(where: { $0.kind == term.kind }) {
        throw LossTermError.duplicate(name: term.kind.name)
      }
      terms.append(term)
    }
    return terms
  }

  private init(parsing part: String) throws {
    let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      .map { $0.trimmingSpaces() }
    guard sides.count == 2 else { throw LossTermError.notATerm(part) }
    guard let kind = LossKind.named(sides[0]) else { throw LossTermError.unknown(name: sides[0]) }
    guard let weight = Float(sides[1]), weight > 0, weight.isFinite else {
      throw LossTermError.badWeight(name: sides[0], weight: sides[1])
    }
    self.init(kind, weight: weight)
  }
}

extension Substring {
  fileprivate func trimmingSpaces() -> String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}

/// Why a text is not a weighted sum of losses.
package enum LossTermError: Error, Hashable, CustomStringConvertible {
  case notATerm(String)
  case unknown(name: String)
  case badWeight(name: String, weight: String)
  case duplicate(name: String)

  package var description: String {
    switch self {
    case .notATerm(let text):
      return "'\(text)' is not a loss term; expected NAME=WEIGHT, such as mse=1,ssim=0.1"
    case .unknown(let name):
      return "unknown loss '\(name)'; the losses are \(LossKind.names)"
    case .badWeight(let name, let weight):
      return "the weight of loss '\(name)' is '\(weight)'; expected a positive number"
    case .duplicate(let name):
      return "loss '\(name)' is given twice; add up its weights"
    }
  }
}
