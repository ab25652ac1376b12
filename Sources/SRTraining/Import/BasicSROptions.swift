/// An option file of BasicSR while it is being translated: its values by path, such as `train.optim_g.lr`, and which of them have
/// been asked for.
struct BasicSROptions {
  /// A value that is no mapping.
  struct Leaf {
    let path: String
    let value: YAMLTree
    let line: Int
  }

  /// In the file's order.
  let leaves: [Leaf]
  private(set) var used: Set<String> = []

  /// - Throws: ``ConfigurationError`` if the text is no mapping.
  init(yaml: String, origin: String) throws {
    guard let entries = try YAMLTree.read(yaml, origin: origin)?.entries else {
      throw ConfigurationError("\(origin) is no option file of BasicSR: it has no mapping at its top level")
    }
    var leaves: [Leaf] = []
    func collect(_ entries: [YAMLTree.Entry], _ prefix: String) {
      for entry in entries {
        let path = prefix + entry.key
        if let inner = entry.value.entries, !inner.isEmpty {
          collect(inner, path + ".")
        } else {
          leaves.append(Leaf(path: path, value: entry.value, line: entry.line))
        }
      }
    }
    collect(entries, "")
    self.leaves = leaves
  }

  /// Whether the file has a value at the path or below it.
  func has(_ path: String) -> Bool {
    leaves.contains { $0.path == path || $0.path.hasPrefix(path + ".") }
  }

  /// The value at a path, which counts as used; nil if there is none, or a null.
  mutating func take(_ path: String) -> Leaf? {
    guard let leaf = leaves.first(where: { $0.path == path }) else { return nil }
    used.insert(path)
    if let scalar = leaf.value.scalar, scalar.type == .null { return nil }
    return leaf
  }

  /// The keys of the mapping at a path.
  func keys(of path: String) -> [String] {
    var keys: [String] = []
    for leaf in leaves where leaf.path.hasPrefix(path + ".") {
      let key = String(leaf.path.dropFirst(path.count + 1).prefix { $0 != "." })
      if keys.last != key { keys.append(key) }
    }
    return keys
  }

  /// Counts everything at a path or below it as used.
  mutating func discard(_ path: String) {
    for leaf in leaves where leaf.path == path || leaf.path.hasPrefix(path + ".") { used.insert(leaf.path) }
  }

  /// The values that nobody has asked for.
  var unused: [Leaf] { leaves.filter { !used.contains($0.path) } }
}

extension BasicSROptions.Leaf {
  /// The scalar's text; nil for a list.
  var text: String? { value.scalar?.spelling }
  var real: Double? { value.scalar?.real }
  /// A whole number, which may be written as `5e3`.
  var whole: Int? { real.flatMap { Int(exactly: $0) } }
  var truth: Bool? { value.scalar?.truth }
  var reals: [Double]? {
    guard let scalars = value.scalars else { return nil }
    let values = scalars.compactMap(\.real)
    return values.count == scalars.count ? values : nil
  }
}
