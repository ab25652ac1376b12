/// A YAML text of nested mappings and lists, with the line of each part.
///
/// As in ``FlatYAML``, anchors and aliases are refused, so a small text stays small.
indirect enum YAMLTree {
  case scalar(SettingValue, line: Int)
  case list([YAMLTree], line: Int)
  case mapping([Entry], line: Int)

  struct Entry {
    let key: String
    let value: YAMLTree
    let line: Int
  }

  /// No settings file nests as deeply.
  private static let deepest = 32

  /// The text's document; nil if it has none.
  ///
  /// - Parameter origin: names the text in errors.
  /// - Throws: ``ConfigurationError`` with the line if the text is too large, not YAML, or gives a key twice.
  static func read(_ text: String, origin: String) throws -> YAMLTree? {
    var text = text
    guard text.utf8.count <= FlatYAML.largestSize else {
      throw ConfigurationError(
        "\(origin) has \(text.utf8.count) bytes, and an option file has at most \(FlatYAML.largestSize); is it another file?"
      )
    }
    return try text.withUTF8 { bytes in
      let reader = YAMLEvents(bytes, origin: origin)
      _ = try reader.next()  // The stream's start.
      guard case .other = try reader.next() else { return nil }  // A document's start.
      return try node(reader, depth: 0)
    }
  }

  /// The next node; nil at the end of a mapping or list.
  private static func node(_ reader: YAMLEvents, depth: Int) throws -> YAMLTree? {
    let event = try reader.next()
    guard depth <= deepest else {
      throw reader.error(reader.line, "the text is nested more than \(deepest) levels deep")
    }
    switch event {
    case .scalar(let value, let line): return .scalar(value, line: line)
    case .list(let line):
      var items: [YAMLTree] = []
      while let item = try node(reader, depth: depth + 1) { items.append(item) }
      return .list(items, line: line)
    case .mapping(let line):
      var entries: [Entry] = []
      while let key = try node(reader, depth: depth + 1) {
        guard case .scalar(let name, let place) = key else {
          throw reader.error(reader.line, "a key needs to be a name, not a list or mapping")
        }
        guard !entries.contains(where: { $0.key == name.spelling }) else {
          throw reader.error(place, "'\(name.spelling)' is given twice; remove one of the lines")
        }
        guard let value = try node(reader, depth: depth + 1) else {
          throw reader.error(place, "'\(name.spelling)' has no value")
        }
        entries.append(Entry(key: name.spelling, value: value, line: place))
      }
      return .mapping(entries, line: line)
    case .end, .other: return nil
    }
  }
}

extension YAMLTree {
  var line: Int {
    switch self {
    case .scalar(_, let line), .list(_, let line), .mapping(_, let line): line
    }
  }

  var scalar: SettingValue? {
    if case .scalar(let value, _) = self { value } else { nil }
  }

  /// The scalars of a list, or the one scalar.
  var scalars: [SettingValue]? {
    switch self {
    case .scalar(let value, _): return value.type == .null ? nil : [value]
    case .list(let items, _):
      let values = items.compactMap(\.scalar)
      return values.count == items.count ? values : nil
    case .mapping: return nil
    }
  }

  var entries: [Entry]? {
    if case .mapping(let entries, _) = self { entries } else { nil }
  }
}
