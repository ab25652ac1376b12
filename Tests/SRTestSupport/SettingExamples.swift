import SRTraining
import Testing

extension Setting: CustomTestStringConvertible {
  package var testDescription: String { name }
}

/// Values of settings. They are found by trial, so a row need not list any.
package enum SettingExamples {
  /// If a row accepts none of its kind's candidates, add one here.
  private static func candidates(_ entry: Setting.Entry) -> [String] {
    switch entry {
    case .flag: ["true", "false"]
    case .number: ["0.25", "2", "3", "32", "5000"]
    case .choice(let words): words
    case .text:
      ["mse=0.5", "2", "se(8)", "ssim", "0.5,0.75", "relu1_1=0.5", "flip", "0,4095", "{}x4"]
    case .list: ["A=low,high;B-2=a b,c"]
    case .file, .folder: ["a folder/with 'quotes'"]
    case .recipe: [#"{"jpeg_range": [30, 95]}"#]
    }
  }

  /// A value other than the default.
  package static func other(than base: TrainingConfiguration, of setting: Setting) -> SettingValue? {
    candidates(setting.entry).lazy.map { SettingValue(argument: $0) }.first { value in
      var changed = base
      return (try? changed.apply(layer([(setting, value)]))) != nil && changed != base
    }
  }

  /// A configuration in which every setting differs from its default.
  package static func allOther() throws -> TrainingConfiguration {
    let base = TrainingConfiguration()
    var configuration = base
    for setting in Setting.all {
      guard let value = other(than: base, of: setting) else {
        throw ConfigurationError("no candidate is a value of \(setting.name)")
      }
      try configuration.apply(layer([(setting, value)]))
    }
    return configuration
  }

  package static func layer(_ values: [(Setting, SettingValue)]) -> SettingLayer {
    var layer = SettingLayer(origin: "a test")
    for (setting, value) in values { layer[setting] = value }
    return layer
  }
}
