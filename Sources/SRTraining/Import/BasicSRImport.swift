/// An option file of BasicSR, or of Real-ESRGAN, translated into the settings of a run.
///
/// The keys are those of BasicSR's documentation (`docs/Config.md`, `options/train`) and of Real-ESRGAN's and GFPGAN's files.
package struct BasicSRImport {
  /// What was not translated, or not exactly.
  package struct Note: Sendable, Equatable, CustomStringConvertible {
    package let origin: String
    package let line: Int
    /// Such as `train.optim_g.type`.
    package let key: String
    package let text: String

    package var description: String { "\(origin):\(line): \(key): \(text)" }
  }

  /// The translated settings.
  package let settings: SettingLayer
  /// In the order of their lines.
  package let notes: [Note]

  /// - Parameter origin: names the text in errors and notes.
  /// - Throws: ``ConfigurationError`` if the text is no option file, if its network is none that srdist has, or if the translated
  ///   settings do not fit together.
  package init(yaml: String, origin: String) throws {
    var translation = BasicSRTranslation(
      options: try BasicSROptions(yaml: yaml, origin: origin), origin: origin)
    try translation.translate()
    settings = translation.settings
    notes = translation.sortedNotes
    _ = try TrainingConfiguration(layers: [settings])
  }

  /// The settings as a file for `--config`.
  package func yaml() throws -> String {
    let configuration = try TrainingConfiguration(layers: [settings])
    let lines = Setting.all.filter { settings[$0] != nil }.compactMap { setting -> String? in
      if setting.name == RecipeYAML.blockName, let recipe = configuration.degradation {
        return "\(setting.name):\n" + RecipeYAML.lines(of: recipe).map { "  \($0)\n" }.joined()
      }
      guard let text = setting.yaml(in: configuration) else { return nil }
      return "\(setting.name): \(text)\n"
    }
    return
      "# Translated by `srdist import-config` from \(settings.origin.split(separator: "\n").joined(separator: " "))\n"
      + lines.joined()
  }
}
