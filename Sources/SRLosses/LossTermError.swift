/// Why a text is no weighted sum of losses.
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
      let known = LossTerm.Kind.allCases.map(\.rawValue).joined(separator: ", ")
      return "unknown loss '\(name)'; the losses are \(known)"
    case .badWeight(let name, let weight):
      return "the weight of loss '\(name)' is '\(weight)'; expected a positive number"
    case .duplicate(let name):
      return "loss '\(name)' is given twice; add up its weights"
    }
  }
}
