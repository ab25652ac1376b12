import SRData

/// Two folders of pictures that a run measures at each validation, `NAME=LR,HR` or `NAME=LR,HR,TEMPLATE`.
package struct ValidationPictures: Sendable, Equatable {
  /// The name in logs: letters, digits, `.`, `_` and `-`.
  package let name: String
  package let lowRes: String
  package let highRes: String
  /// How a low-resolution picture is named after its original; nil for the usual ways (``FolderPairing``).
  package let template: FileNameTemplate?

  static let expected =
    "NAME=LR,HR or NAME=LR,HR,TEMPLATE (a name, two folders, and how LR is named after HR, such as {}x4; several with ; "
    + "between them)"

  /// Reads sets with `;` between. Throws ``ConfigurationError`` if the text is not such a list.
  static func parse(_ text: String) throws -> [ValidationPictures] {
    var sets: [ValidationPictures] = []
    for part in text.split(separator: ";") {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let folders = sides.last.map { $0.split(separator: ",", omittingEmptySubsequences: false) } ?? []
      let template = folders.count == 3 ? FileNameTemplate(String(folders[2])) : nil
      guard sides.count == 2, folders.count == 2 || template != nil, folders.allSatisfy({ !$0.isEmpty })
      else {
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
        ValidationPictures(
          name: String(name), lowRes: String(folders[0]), highRes: String(folders[1]), template: template))
    }
    return sets
  }

  static func text(_ sets: [ValidationPictures]) -> String? {
    func text(_ set: ValidationPictures) -> String {
      "\(set.name)=\(set.lowRes),\(set.highRes)\(set.template.map { ",\($0)" } ?? "")"
    }
    return sets.isEmpty ? nil : sets.map(text).joined(separator: ";")
  }

  static func isName(_ text: some StringProtocol) -> Bool {
    func isAlphanumeric(_ character: Character) -> Bool {
      character.isASCII && (character.isLetter || character.isNumber)
    }
    return text.first.map(isAlphanumeric) == true
      && text.allSatisfy { isAlphanumeric($0) || "._-".contains($0) }
  }
}
