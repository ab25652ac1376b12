import Foundation
import SRFiles
import Yams

extension SettingLayer {
  /// Reads a YAML mapping of setting names to scalars.
  ///
  /// - Throws: ``ConfigurationError`` naming the file, and the line where there is one: not YAML, not a mapping, a
  ///   key that is no setting (the nearest one is suggested), a value that is no scalar, a key given twice.
  package init(yaml: String, origin: String) throws {
    let node: Node?
    do {
      node = try Yams.compose(yaml: yaml)
    } catch {
      throw ConfigurationError("\(origin) is not valid YAML: \(error)")
    }
    guard let node, node != Node("") else {
      self.init(origin: origin, values: [:])
      return
    }
    guard let mapping = node.mapping else {
      throw ConfigurationError("\(origin) must hold one mapping, such as `epochs: 20`, at its top level")
    }
    var values: [Setting: String] = [:]
    for (keyNode, valueNode) in mapping {
      let line = keyNode.mark.map { ":\($0.line)" } ?? ""
      guard let key = keyNode.scalar?.string, let setting = Setting(rawValue: key) else {
        let key = keyNode.scalar?.string ?? "(not a scalar)"
        throw ConfigurationError(
          "\(origin)\(line): '\(key)' is no setting\(Self.suggestion(for: key)). "
            + "`srdist train --help` lists the settings: its options of what is learned, of data and networks, and of how "
            + "the run is carried out, without the dashes.")
      }
      guard let scalar = valueNode.scalar else {
        throw ConfigurationError(
          "\(origin)\(line): '\(key)' needs a plain value, a list or mapping was found")
      }
      values[setting] = scalar.string
    }
    self.init(origin: origin, values: values)
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
    let nearest = Setting.allCases.min {
      distance($0.rawValue, normalized) < distance($1.rawValue, normalized)
    }
    guard let nearest, distance(nearest.rawValue, normalized) <= max(2, normalized.count / 3) else {
      return ""
    }
    return " (did you mean '\(nearest.rawValue)'?)"
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
