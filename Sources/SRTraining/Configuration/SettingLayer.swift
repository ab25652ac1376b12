import Foundation
import SRFiles
import Yams

/// Settings from one place, as they were given there: a preset, a YAML file, the environment or the command line.
package struct SettingLayer: Sendable {
  /// Such as `preset hybrid`, `runs/a/config.yaml`, or `the command line`.
  package let origin: String
  private var values: [Setting: SettingValue] = [:]

  package init(origin: String) { self.origin = origin }

  /// The value of a setting; nil if this place does not give one.
  package subscript(setting: Setting) -> SettingValue? {
    get { values[setting] }
    set { values[setting] = newValue }
  }

  /// The layer with another one over it.
  package func merging(_ other: SettingLayer) -> SettingLayer {
    var merged = self
    merged.values.merge(other.values) { $1 }
    return merged
  }
}

extension SettingLayer {
  /// What environment variables give. A variable that is empty counts as unset.
  package init(environment: [String: String]) {
    self.init(origin: "the environment")
    for setting in Setting.all {
      guard let text = setting.variable.flatMap({ environment[$0] }), !text.isEmpty else { continue }
      self[setting] = SettingValue(argument: text)
    }
  }

  /// Reads a YAML mapping of setting names to scalars.
  ///
  /// - Throws: ``ConfigurationError`` naming the file, and the line where there is one: not YAML, not a mapping, a
  ///   key that is no setting (the nearest one is suggested), a value that is no scalar, a key given twice.
  package init(yaml: String, origin: String) throws {
    self.init(origin: origin)
    let node: Node?
    do {
      node = try Yams.compose(yaml: yaml, .coreSchema)
    } catch {
      throw ConfigurationError("\(origin) is not valid YAML: \(error)")
    }
    guard let node, node.scalar.map({ SettingValue($0).type }) != .null else { return }
    guard let mapping = node.mapping else {
      throw ConfigurationError("\(origin) must hold one mapping, such as `epochs: 20`, at its top level")
    }
    for (keyNode, valueNode) in mapping {
      let line = keyNode.mark.map { ":\($0.line)" } ?? ""
      let key = keyNode.scalar?.string ?? "(not a scalar)"
      guard let setting = Setting.all.first(where: { $0.name == keyNode.scalar?.string }) else {
        throw ConfigurationError(
          "\(origin)\(line): '\(key)' is no setting\(Self.suggestion(for: key)). "
            + "`srdist train --help` lists the settings: its options of what is learned, of data and networks, and of how "
            + "the run is carried out, without the dashes.")
      }
      guard let scalar = valueNode.scalar else {
        throw ConfigurationError(
          "\(origin)\(line): '\(key)' needs a plain value, a list or mapping was found")
      }
      self[setting] = SettingValue(scalar)
    }
  }

  package init(file: String) throws {
    let text: String
    do {
      text = try MappedFile(path: file).withBytes { String(decoding: $0, as: UTF8.self) }
    } catch {
      throw ConfigurationError("the configuration file: \(error)")
    }
    try self.init(yaml: text, origin: file)
  }

  /// ` (did you mean 'epochs'?)` where a setting's name is close.
  private static func suggestion(for key: String) -> String {
    let normalized = key.lowercased().replacingOccurrences(of: "_", with: "-")
    let names = Setting.all.map(\.name)
    guard let nearest = names.min(by: { distance($0, normalized) < distance($1, normalized) }),
      distance(nearest, normalized) <= max(2, normalized.count / 3)
    else { return "" }
    return " (did you mean '\(nearest)'?)"
  }

  /// Levenshtein's edit distance.
  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let substitution = diagonal + (a == b ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substitution, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[right.count]
  }
}

/// A setting or a settings file that cannot be used.
package struct ConfigurationError: Error, CustomStringConvertible, Equatable {
  package let description: String
  package init(_ description: String) { self.description = description }
}
