/// One term of a weighted sum, as in `mse=1,ssim=0.1`.
package struct LossTerm: Sendable, Hashable, CustomStringConvertible {
  /// The losses that can be asked for.
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    case mse
    case charbonnier
    case ssim
    case ssimBox = "ssim_box"
    case edge
    case vgg
    case lpipsVGG = "lpips_vgg"
    case lpipsAlex = "lpips_alex"
    case lpipsSqueeze = "lpips_squeeze"
  }

  package var kind: Kind
  /// Factor of the loss in the sum; positive and finite.
  package var weight: Float

  package init(_ kind: Kind, weight: Float) {
    precondition(weight > 0 && weight.isFinite, "the weight of \(kind.rawValue) is \(weight), not positive")
    self.kind = kind
    self.weight = weight
  }

  /// Such as `mse=1`.
  package var description: String {
    "\(kind.rawValue)=\(Int(exactly: weight).map(String.init) ?? "\(weight)")"
  }

  /// A sum as ``parse(_:)`` reads it.
  package static func text(_ terms: [LossTerm]) -> String {
    terms.map(\.description).joined(separator: ",")
  }

  /// Parses terms such as `mse=1,ssim=0.1`: names and positive weights, each name at most once.
  ///
  /// Throws ``LossTermError``.
  package static func parse(_ text: String) throws -> [LossTerm] {
    var terms: [LossTerm] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let term = try LossTerm(parsing: part.trimmingSpaces())
      if terms.contains(where: { $0.kind == term.kind }) {
        throw LossTermError.duplicate(name: term.kind.rawValue)
      }
      terms.append(term)
    }
    return terms
  }

  private init(parsing part: String) throws {
    let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      .map { $0.trimmingSpaces() }
    guard sides.count == 2 else { throw LossTermError.notATerm(part) }
    guard let kind = Kind(rawValue: sides[0]) else { throw LossTermError.unknown(name: sides[0]) }
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
