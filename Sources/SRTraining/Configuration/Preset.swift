import Foundation

/// The paper's three runs, and three of our own: named YAML files in the package.
package enum Preset: String, CaseIterable, Sendable {
  case vanilla
  case attention
  case hybrid
  case best
  case bestPerceptual = "best-perceptual"
  case quick

  /// The preset of `srdist train` if neither preset, model nor loss is given.
  package static let standard = Preset.hybrid

  /// The file's text, comments included.
  package var yaml: String {
    let bytes: [UInt8] =
      switch self {
      case .vanilla: PackageResources.vanilla_yaml
      case .attention: PackageResources.attention_yaml
      case .hybrid: PackageResources.hybrid_yaml
      case .best: PackageResources.best_yaml
      case .bestPerceptual: PackageResources.best_perceptual_yaml
      case .quick: PackageResources.quick_yaml
      }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The presets' names, for help texts.
  package static let names: String = {
    let names = allCases.map(\.rawValue)
    return "\(names.dropLast().joined(separator: ", ")) or \(names.last ?? "")"
  }()

  package func layer() throws -> SettingLayer {
    try SettingLayer(yaml: yaml, origin: "preset \(rawValue)")
  }

  /// The preset whose run this one trains further, if `--init-weights` names it.
  package var base: Preset? { self == .bestPerceptual ? .best : nil }

  /// The first comment line, which says what the preset is.
  package var summary: String {
    yaml.split(separator: "\n").first.map { String($0.drop { $0 == "#" || $0 == " " }) } ?? ""
  }
}
