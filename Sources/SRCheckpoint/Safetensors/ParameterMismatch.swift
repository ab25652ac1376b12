/// How the tensors of a weight file differ from the parameters of a model.
package struct ParameterMismatch: Equatable, Sendable, CustomStringConvertible {
  package struct Misshapen: Equatable, Sendable {
    package let name: String
    package let expected: [Int]
    package let found: [Int]

    package init(name: String, expected: [Int], found: [Int]) {
      self.name = name
      self.expected = expected
      self.found = found
    }
  }

  /// Parameters that the file lacks, in the model's order.
  package var missing: [String] = []
  /// Tensors that the model does not have, in the file's order.
  package var extra: [String] = []
  package var misshapen: [Misshapen] = []

  package var isEmpty: Bool { missing.isEmpty && extra.isEmpty && misshapen.isEmpty }

  package var description: String {
    let parts = [
      Self.list("missing", missing),
      Self.list("extra", extra),
      Self.list("misshapen", misshapen.map { "\($0.name) (expected \($0.expected), found \($0.found))" }),
    ]
    return "does not fit the model: " + parts.compactMap { $0 }.joined(separator: "; ")
      + ". Is it a file of another model?"
  }

  /// Names shown of each kind; a file of another model differs in hundreds.
  private static let shown = 8

  private static func list(_ title: String, _ items: [String]) -> String? {
    guard !items.isEmpty else { return nil }
    let rest = items.count > shown ? " and \(items.count - shown) more" : ""
    return "\(items.count) \(title): \(items.prefix(shown).joined(separator: ", "))\(rest)"
  }
}
