/// A text as a scalar of YAML.
enum YAMLText {
  /// A scalar on one line that every reader of YAML reads back as the same text.
  static func scalar(_ text: String) -> String {
    let isPlain =
      text.allSatisfy { $0.isLetter || $0.isNumber || "._-/+".contains($0) } && text.first != "-"
      && SettingValue.type(ofPlain: text) == .text
    if isPlain { return text }
    if text.unicodeScalars.allSatisfy(isLiteral) { return "'" + text.replacing("'", with: "''") + "'" }
    return "\"" + text.unicodeScalars.map(escaped).joined() + "\""
  }

  /// Whether YAML allows the character between single quotes, on one line. Of the line breaks, NEL, LS and PS count only in
  /// version 1.1.
  private static func isLiteral(_ character: Unicode.Scalar) -> Bool {
    switch character.value {
    case 0x2028, 0x2029, 0xFEFF: false
    case 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFFFD, 0x10000...: true
    default: false
    }
  }

  /// The character between double quotes.
  private static func escaped(_ character: Unicode.Scalar) -> String {
    if character == "\"" || character == "\\" { return "\\\(character)" }
    if isLiteral(character) { return "\(character)" }
    let digits = String(character.value, radix: 16, uppercase: true)
    let (letter, width) = character.value <= 0xFF ? ("x", 2) : ("u", 4)
    return "\\\(letter)" + String(repeating: "0", count: width - digits.count) + digits
  }
}
