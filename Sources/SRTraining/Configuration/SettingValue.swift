import Yams

/// A value as the user gave it, before a setting reads it: its spelling, and its type in YAML's core schema.
package struct SettingValue: Sendable, Equatable {
  /// The types of scalars in YAML's core schema (YAML 1.2.2, section 10.3).
  package enum ScalarType: Sendable { case null, truth, whole, real, text }

  package let spelling: String
  package let type: ScalarType

  /// An argument of a command line, or the value of an environment variable. No spelling of either means null.
  package init(argument: String) {
    let type = Self.type(ofPlain: argument)
    self.init(spelling: argument, type: type == .null ? .text : type)
  }

  /// A scalar of a YAML file. A scalar in quotes is a text.
  init(_ scalar: Node.Scalar) {
    self.init(spelling: scalar.string, type: ScalarType(Resolver.coreSchema.resolveTag(of: .scalar(scalar))))
  }

  private init(spelling: String, type: ScalarType) {
    self.spelling = spelling
    self.type = type
  }

  /// The type of a scalar that is written without quotes and without a tag.
  static func type(ofPlain spelling: String) -> ScalarType {
    ScalarType(Resolver.coreSchema.resolveTag(of: Node(spelling)))
  }

  /// The truth value; nil if the type is another.
  var truth: Bool? { type == .truth ? spelling.lowercased() == "true" : nil }

  /// The whole number; nil if the value is none, or too large for the type.
  func whole<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number? {
    guard type == .whole else { return nil }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] where spelling.hasPrefix(prefix) {
      return Number(spelling.dropFirst(prefix.count), radix: radix)
    }
    return Number(spelling)
  }

  /// The number, which may be infinite or NaN; nil if the value is none.
  var real: Double? {
    switch type {
    case .whole: return whole(UInt64.self).map { Double($0) } ?? Double(spelling)
    case .real:
      let text = spelling.lowercased()
      if text.hasSuffix(".inf") { return text.hasPrefix("-") ? -.infinity : .infinity }
      return text == ".nan" ? .nan : Double(text)
    case .null, .truth, .text: return nil
    }
  }
}

extension SettingValue.ScalarType {
  fileprivate init(_ tag: Tag.Name) {
    switch tag {
    case .null: self = .null
    case .bool: self = .truth
    case .int: self = .whole
    case .float: self = .real
    default: self = .text  // Only text is left.
    }
  }
}

extension Resolver {
  /// The core schema's table of plain scalars. Yams's default resolver follows YAML 1.1. There, `no` is a truth value, `010` is
  /// 8, and `1:30` is 90.
  static let coreSchema: Resolver = {
    let patterns: KeyValuePairs<Tag.Name, String> = [
      .null: "^(?:null|Null|NULL|~|)$",
      .bool: "^(?:true|True|TRUE|false|False|FALSE)$",
      .int: "^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$",
      .float: "^(?:[-+]?(?:\\.[0-9]+|[0-9]+(?:\\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        + "|[-+]?\\.(?:inf|Inf|INF)|\\.(?:nan|NaN|NAN))$",
    ]
    return patterns.reduce(.basic) { resolver, rule in
      do {
        return try resolver.appending(rule.key, rule.value)
      } catch {
        preconditionFailure("the pattern \(rule.value) is malformed: \(error)")
      }
    }
  }()
}
