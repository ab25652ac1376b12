/// Reads YAML that holds one mapping of names to scalars, event by event.
///
/// libyaml parses. A list, a second mapping, an anchor or an alias is refused at its first event, so nothing is nested or
/// expanded, and a small file stays small. Only the recipe of a degradation may be a mapping, which becomes a text.
struct FlatYAML {
  /// A line of the mapping.
  struct Entry {
    let key: String
    let value: SettingValue
    /// The key's line, from 1.
    let line: Int
  }

  /// No settings file comes near this size.
  static let largestSize = 65_536

  /// The entries in the text's order; empty if the text has no document, or a null.
  ///
  /// - Parameter origin: names the text in errors.
  /// - Throws: ``ConfigurationError`` with the line if the text is too large, not YAML, or not one flat mapping.
  static func entries(_ text: String, origin: String) throws -> [Entry] {
    var text = text
    guard text.utf8.count <= largestSize else {
      throw ConfigurationError(
        "\(origin) has \(text.utf8.count) bytes, and a settings file has at most \(largestSize); is it another file?"
      )
    }
    return try text.withUTF8 { try FlatYAML(YAMLEvents($0, origin: origin)).entries() }
  }

  private let reader: YAMLEvents

  private init(_ reader: YAMLEvents) { self.reader = reader }

  private func entries() throws -> [Entry] {
    _ = try reader.next()  // The stream's start.
    guard case .other = try reader.next() else { return [] }  // A document's start.
    var entries: [Entry] = []
    switch try reader.next() {
    case .scalar(let value, _) where value.type == .null: break
    case .mapping: while let entry = try entry() { entries.append(entry) }
    case .scalar(_, let line), .list(let line):
      throw reader.error(line, "one mapping is needed at the top level, such as `epochs: 20`")
    case .end, .other: preconditionFailure("libyaml gave a document without a node")
    }
    _ = try reader.next()  // The document's end.
    guard case .end = try reader.next() else {
      throw reader.error(reader.line, "a second document begins, and a settings file has one")
    }
    return entries
  }

  /// The mapping's next entry; nil at its end.
  private func entry() throws -> Entry? {
    let (key, line): (String, Int)
    switch try reader.next() {
    case .scalar(let value, let place): (key, line) = (value.spelling, place)
    case .mapping(let place), .list(let place):
      throw reader.error(place, "a key needs to be a setting's name, not a list or mapping")
    case .end, .other: return nil
    }
    switch try reader.next() {
    case .scalar(let value, _): return Entry(key: key, value: value, line: line)
    case .mapping where key == RecipeYAML.blockName:
      let recipe = try RecipeYAML.recipe(reader, within: key)
      return Entry(key: key, value: SettingValue(argument: recipe.canonicalText), line: line)
    case .mapping, .list, .end, .other:
      throw reader.error(line, "'\(key)' needs a plain value, not a list or mapping")
    }
  }
}
