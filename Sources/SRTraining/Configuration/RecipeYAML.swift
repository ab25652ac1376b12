import SRData
import SRFiles

/// Reads the recipe of a degradation: a mapping of names to scalars and lists of scalars, alone or as the block `degradation` of a
/// settings file.
enum RecipeYAML {
  private struct Entry {
    let key: String
    let value: DegradationRecipe.Value
    /// The key's line, from 1.
    let line: Int
  }

  static let blockName = "degradation"

  /// The recipe in a file's text.
  ///
  /// - Throws: ``ConfigurationError`` with the line if the text is not YAML, or holds other things.
  static func recipe(_ text: String, origin: String) throws -> DegradationRecipe {
    var text = text
    guard text.utf8.count <= FlatYAML.largestSize else {
      throw ConfigurationError(
        "\(origin) has \(text.utf8.count) bytes, and a recipe has at most \(FlatYAML.largestSize); is it another file?"
      )
    }
    return try text.withUTF8 { bytes in
      let reader = YAMLEvents(bytes, origin: origin)
      _ = try reader.next()  // The stream's start.
      guard case .other = try reader.next(), case .mapping = try reader.next() else {
        throw reader.error(reader.line, "a recipe is a mapping, such as `jpeg_range: [30, 95]`")
      }
      let entries = try document(reader)
      _ = try reader.next()  // The document's end.
      guard case .end = try reader.next() else {
        throw reader.error(reader.line, "a second document begins, and a recipe has one")
      }
      return try recipe(entries, reader)
    }
  }

  /// The recipe of a mapping that has begun.
  static func recipe(_ reader: YAMLEvents, within block: String) throws -> DegradationRecipe {
    try recipe(mapping(reader, within: block), reader)
  }

  private static func recipe(_ entries: [Entry], _ reader: YAMLEvents) throws -> DegradationRecipe {
    do throws(DegradationError) {
      return try DegradationRecipe(entries.map { ($0.key, $0.value) })
    } catch {
      // Of a key that is given twice, the second place is at fault.
      let line = entries.last { $0.key == error.key }?.line ?? entries.first?.line ?? reader.line
      throw reader.error(line, "\(error)")
    }
  }

  /// The whole mapping of a file, or its block.
  private static func document(_ reader: YAMLEvents) throws -> [Entry] {
    var (own, block): ([Entry], [Entry]?) = ([], nil)
    var first: (key: String, line: Int)?
    while let (key, line) = try nextKey(reader) {
      let event = try reader.next()
      if key == blockName, case .mapping = event {
        guard block == nil else { throw reader.error(line, "'\(key)' is given twice") }
        block = try mapping(reader, within: key)
        continue
      }
      if first == nil, !Setting.all.contains(where: { $0.name == key }) { first = (key, line) }
      own.append(Entry(key: key, value: try value(event, of: key, line, reader), line: line))
    }
    guard let block else { return own }
    if let first {
      throw reader.error(
        first.line,
        "'\(first.key)' stands outside of the block '\(blockName)' and is no setting; move it into the block, or remove it"
      )
    }
    return block
  }

  /// The entries of a mapping that has begun.
  private static func mapping(_ reader: YAMLEvents, within block: String) throws -> [Entry] {
    var entries: [Entry] = []
    while let (key, line) = try nextKey(reader) {
      entries.append(
        Entry(key: key, value: try value(reader.next(), of: "\(block): \(key)", line, reader), line: line))
    }
    return entries
  }

  /// The next key; nil at the mapping's end.
  private static func nextKey(_ reader: YAMLEvents) throws -> (String, Int)? {
    switch try reader.next() {
    case .scalar(let value, let line): return (value.spelling, line)
    case .mapping(let line), .list(let line):
      throw reader.error(line, "a key needs to be a name, not a list or mapping")
    case .end, .other: return nil
    }
  }

  private static func value(
    _ event: YAMLEvents.Event, of key: String, _ line: Int, _ reader: YAMLEvents
  ) throws -> DegradationRecipe.Value {
    switch event {
    case .scalar(let value, _): return scalar(value)
    case .list:
      var parts: [DegradationRecipe.Value] = []
      while true {
        switch try reader.next() {
        case .scalar(let value, _): parts.append(scalar(value))
        case .other: return .list(parts)
        case .mapping, .list, .end:
          throw reader.error(line, "'\(key)' needs a list of plain values, without lists or mappings in it")
        }
      }
    case .mapping, .end, .other:
      throw reader.error(line, "'\(key)' needs a plain value or a list, not a mapping")
    }
  }

  static func scalar(_ value: SettingValue) -> DegradationRecipe.Value {
    value.real.map { .number($0) } ?? value.truth.map { .truth($0) } ?? .text(value.spelling)
  }

  /// A recipe as lines of YAML, without what stands around it.
  static func lines(of recipe: DegradationRecipe) -> [String] {
    recipe.entries.map { "\($0.key): \($0.value.json)" }
  }
}

extension DegradationRecipe {
  /// Reads a recipe.
  ///
  /// - Parameter setting: a file's path, or the recipe itself if it begins with a brace.
  /// - Throws: ``ConfigurationError`` that names the file, the line and the key.
  package init(setting: String) throws {
    if setting.hasPrefix("{") {
      self = try RecipeYAML.recipe(setting, origin: "recipe")
      return
    }
    let text = try SettingLayer.text(ofFile: setting, role: "recipe")
    self = try RecipeYAML.recipe(text, origin: setting.onOneLine)
  }
}

extension TrainingConfiguration {
  /// What degrades a data set's pictures; nil if there is no recipe.
  ///
  /// - Throws: ``ConfigurationError`` if the pictures are too large for the recipe.
  func degrader(for pairs: any PairSource) throws -> Degrader? {
    do throws(DegradationError) {
      return try degradation.map { recipe throws(DegradationError) in try Degrader(recipe, for: pairs) }
    } catch {
      throw ConfigurationError("degradation: \(error)")
    }
  }
}
