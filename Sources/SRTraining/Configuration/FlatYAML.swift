/// Reads YAML that holds one mapping of names to scalars, event by event.
///
/// libyaml parses. A list, a second mapping, an anchor or an alias is refused at its first event, so nothing is nested or
/// expanded, and a small file stays small. Only a key that takes a block may have a mapping, which becomes a text.
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
  /// - Parameters:
  ///   - origin: names the text in errors.
  ///   - blocks: keys whose value may be a mapping of names to scalars and lists of scalars.
  /// - Throws: ``ConfigurationError`` with the line if the text is too large, not YAML, or not one flat mapping.
  static func entries(_ text: String, origin: String, blocks: Set<String> = []) throws -> [Entry] {
    var text = text
    guard text.utf8.count <= largestSize else {
      throw ConfigurationError(
        "\(origin) has \(text.utf8.count) bytes, and a settings file has at most \(largestSize); is it another file?"
      )
    }
    return try text.withUTF8 { try FlatYAML(YAMLEvents($0, origin: origin), blocks).entries() }
  }

  private let reader: YAMLEvents

  private let blocks: Set<String>

  private init(_ reader: YAMLEvents, _ blocks: Set<String>) {
    self.reader = reader
    self.blocks = blocks
  }

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
    case .mapping where blocks.contains(key):
      let block = try RecipeYAML.mapping(reader, within: key)
      return Entry(key: key, value: SettingValue(argument: RecipeYAML.text(block)), line: line)
    case .mapping, .list, .end, .other:
      throw reader.error(line, "'\(key)' needs a plain value, not a list or mapping")
    }
  }
}
