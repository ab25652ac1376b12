import SRFiles

/// A piece of markup.
///
/// The literal parts of a string with interpolations are markup, and each text that is interpolated is escaped. So a text that
/// comes from a file or a name cannot become markup, in an element or between quotes of an attribute.
struct HTML: Equatable, Sendable {
  private(set) var markup: String

  /// Takes the text as markup.
  init(markup: String) { self.markup = markup }

  /// The text as it is shown: control characters and marks of writing direction are written out, and what has a meaning in
  /// markup is escaped. Neither HTML nor XML can express U+FFFE and U+FFFF.
  fileprivate static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.onOneLine.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case "\u{FFFE}", "\u{FFFF}": escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}

extension HTML: ExpressibleByStringInterpolation {
  init(stringLiteral markup: String) { self.init(markup: markup) }
  init(stringInterpolation: StringInterpolation) { self.init(markup: stringInterpolation.markup) }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var markup = ""

    init(literalCapacity: Int, interpolationCount: Int) { markup.reserveCapacity(2 * literalCapacity) }

    mutating func appendLiteral(_ literal: String) { markup += literal }
    /// A text, on one line.
    mutating func appendInterpolation(_ text: String) { markup += HTML.escaped(text) }
    /// A text whose line breaks stay, for `pre`.
    mutating func appendInterpolation(lines text: String) {
      markup += text.split(separator: "\n", omittingEmptySubsequences: false).map { HTML.escaped(String($0)) }
        .joined(separator: "\n")
    }
    mutating func appendInterpolation(_ number: Int) { markup += "\(number)" }
    mutating func appendInterpolation(_ piece: HTML) { markup += piece.markup }
    mutating func appendInterpolation(_ pieces: [HTML]) { for piece in pieces { markup += piece.markup } }
  }
}
