import Foundation
import SRFiles

/// The settings that one place gives: a preset, a YAML file, the environment or the command line.
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

  /// This layer with `other` on top of it.
  package func merging(_ other: SettingLayer) -> SettingLayer {
    var merged = self
    merged.values.merge(other.values) { $1 }
    return merged
  }
}

extension SettingLayer {
  /// The settings that environment variables give. An empty variable counts as unset.
  package init(environment: [String: String]) {
    self.init(origin: "the environment")
    for setting in Setting.all {
      guard let text = setting.variable.flatMap({ environment[$0] }), !text.isEmpty else { continue }
      self[setting] = SettingValue(argument: text)
    }
  }

  /// Reads a YAML mapping of setting names to scalars. The recipe of a degradation may be a block.
  ///
  /// - Throws: ``ConfigurationError`` that names the file and the line. The text is not YAML or not a mapping, a key is not a
  ///   setting (the error suggests the nearest one), a value is not a scalar, a key is given twice, or there is an anchor or an
  ///   alias.
  package init(yaml: String, origin: String) throws {
    self.init(origin: origin)
    for entry in try FlatYAML.entries(yaml, origin: origin) {
      let place = "\(origin):\(entry.line): '\(entry.key)'"
      guard let setting = Setting.all.first(where: { $0.name == entry.key || $0.aliases.contains(entry.key) })
      else {
        throw ConfigurationError(
          "\(place) is not a setting\(Self.suggestion(for: entry.key)). "
            + "`srdist train --help` lists the settings as options. A key is an option without its dashes.")
      }
      guard self[setting] == nil else {
        throw ConfigurationError(
          "\(place) is given twice, and YAML allows a key once; remove one of the lines")
      }
      self[setting] = entry.value
    }
  }

  package init(file: String) throws {
    try self.init(yaml: Self.text(ofFile: file), origin: file)
  }

  /// The text of a settings file.
  ///
  /// - Parameter role: what the file is, for errors.
  package static func text(ofFile file: String, role: String = "configuration") throws -> String {
    let text: String?
    do {
      text = try MappedFile(path: file).withBytes { String(validating: $0, as: UTF8.self) }
    } catch {
      throw ConfigurationError("the \(role) file: \(error)")
    }
    guard let text else { throw ConfigurationError("\(file) is not UTF-8, which a \(role) file is") }
    return text
  }

  /// ` (did you mean 'epochs'?)` if a setting's name is close to the key.
  private static func suggestion(for key: String) -> String {
    guard key.count < 100 else { return "" }
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

/// A setting or a settings file cannot be used.
package struct ConfigurationError: Error, CustomStringConvertible, Equatable {
  package let description: String
  package init(_ description: String) { self.description = description }
}
