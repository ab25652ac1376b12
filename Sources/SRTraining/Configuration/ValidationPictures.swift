/// Two folders of pictures that a run measures at each validation, `NAME=LR,HR`.
package struct ValidationPictures: Sendable, Equatable {
  /// The name in logs: letters, digits, `.`, `_` and `-`.
  package let name: String
  package let lowRes: String
  package let highRes: String

  static let expected = "NAME=LR,HR (a name and two folders; several with ; between them)"

  /// Reads sets with `;` between. Throws ``ConfigurationError`` if the text is not such a list.
  static func parse(_ text: String) throws -> [ValidationPictures] {
    var sets: [ValidationPictures] = []
    for part in text.split(separator: ";") {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let folders = sides.last.map { $0.split(separator: ",", omittingEmptySubsequences: false) } ?? []
      guard sides.count == 2, folders.count == 2, folders.allSatisfy({ !$0.isEmpty }) else {
        throw ConfigurationError(
          "\(expected) is needed, not '\(part)'. A folder whose path has a comma or a semicolon needs a link without"
        )
      }
      let name = sides[0].trimmingPrefix(while: \.isWhitespace)
      guard isName(name) else {
        throw ConfigurationError(
          "'\(name)' is no name of a set: letters, digits, '.', '_' and '-' are needed, a letter or digit first"
        )
      }
      guard !sets.contains(where: { $0.name == name }) else {
        throw ConfigurationError("two sets have the name '\(name)'")
      }
      sets.append(
        ValidationPictures(name: String(name), lowRes: String(folders[0]), highRes: String(folders[1])))
    }
    return sets
  }

  static func text(_ sets: [ValidationPictures]) -> String? {
    sets.isEmpty ? nil : sets.map { "\($0.name)=\($0.lowRes),\($0.highRes)" }.joined(separator: ";")
  }

  static func isName(_ text: some StringProtocol) -> Bool {
    func isAlphanumeric(_ character: Character) -> Bool {
      character.isASCII && (character.isLetter || character.isNumber)
    }
    return text.first.map(isAlphanumeric) == true
      && text.allSatisfy { isAlphanumeric($0) || "._-".contains($0) }
  }
}
