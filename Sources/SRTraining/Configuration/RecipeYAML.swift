import SRData
import SRFiles

/// Reads the recipe of a degradation: a mapping of names to scalars and lists of scalars, alone or as the block `degradation` of a
/// settings file.
enum RecipeYAML {
  typealias Entry = (key: String, value: DegradationRecipe.Value)

  static let blockName = "degradation"

  /// The entries of the recipe in a file's text.
  ///
  /// - Throws: ``ConfigurationError`` with the line if the text is not YAML, or holds other things.
  static func entries(_ text: String, origin: String) throws -> [Entry] {
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
      return entries
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
      own.append((key, try value(event, of: key, line, reader)))
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
  static func mapping(_ reader: YAMLEvents, within block: String) throws -> [Entry] {
    var entries: [Entry] = []
    while let (key, line) = try nextKey(reader) {
      entries.append((key, try value(reader.next(), of: "\(block): \(key)", line, reader)))
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

  private static func scalar(_ value: SettingValue) -> DegradationRecipe.Value {
    value.real.map { .number($0) } ?? .text(value.spelling)
  }

  /// The entries as one line that ``entries(_:origin:)`` reads back.
  static func text(_ entries: [Entry]) -> String {
    func text(_ value: DegradationRecipe.Value) -> String {
      switch value {
      case .number(let number):
        if number.isNaN { return ".nan" }
        if number.isInfinite { return number < 0 ? "-.inf" : ".inf" }
        return number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
      case .text(let text): return YAMLText.scalar(text)
      case .list(let parts): return "[" + parts.map(text).joined(separator: ", ") + "]"
      }
    }
    return "{" + entries.map { "\(YAMLText.scalar($0.key)): \(text($0.value))" }.joined(separator: ", ") + "}"
  }
}

extension DegradationRecipe {
  /// Reads a recipe.
  ///
  /// - Parameter setting: a file's path, or the recipe itself if it begins with a brace.
  /// - Throws: ``ConfigurationError`` that names the file and the key.
  package init(setting: String) throws {
    if setting.hasPrefix("{") {
      try self.init(text: setting, origin: RecipeYAML.blockName)
      return
    }
    let text: String?
    do {
      text = try MappedFile(path: setting).withBytes { String(validating: $0, as: UTF8.self) }
    } catch {
      throw ConfigurationError("the recipe of the degradation: \(error)")
    }
    guard let text else { throw ConfigurationError("\(setting.onOneLine) is not UTF-8, which a recipe is") }
    try self.init(text: text, origin: setting.onOneLine)
  }

  private init(text: String, origin: String) throws {
    let entries = try RecipeYAML.entries(text, origin: origin)
    do {
      try self.init(entries)
    } catch {
      throw ConfigurationError("\(origin): \(error)")
    }
  }
}

extension TrainingConfiguration {
  /// The recipe that ``degradation`` names; nil if there is none.
  ///
  /// - Throws: ``ConfigurationError``.
  func degradationRecipe() throws -> DegradationRecipe? {
    try degradation.map { try DegradationRecipe(setting: $0) }
  }
}
