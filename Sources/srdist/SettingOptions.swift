import ArgumentParser
import SRTraining

/// Some rows of the table of settings.
protocol SettingSelection: Sendable {
  static var settings: [Setting] { get }
}

/// Settings as options of a command. Names, help, defaults and checks come from the settings' rows.
///
/// swift-argument-parser finds a type's options by reflection, and decodes their values under the same labels. This type
/// answers both requests from the rows.
struct SettingOptions<Selection: SettingSelection>: ParsableArguments, CustomReflectable {
  /// The options that were given.
  private(set) var layer = SettingLayer(origin: "the command line")

  init() {}

  var customMirror: Mirror {
    Mirror(self, children: Selection.settings.map { (label: $0.name, value: Self.definition($0)) })
  }

  private static func definition(_ setting: Setting) -> Any {
    let name = NameSpecification.customLong(setting.name)
    let help = ArgumentHelp("\(setting.help) (default: \(setting.defaultText))")
    func option(_ completion: CompletionKind?) -> Option<String?> {
      // The range is checked later, together with the values of settings files.
      Option(name: name, help: help, completion: completion) { text in
        guard setting.takes(SettingValue(argument: text)) else {
          throw ValidationError("\(setting.expectation) is needed")
        }
        return text
      }
    }
    switch setting.entry {
    case .flag: return Flag<Bool?>(name: name, inversion: .prefixedNo, help: help)
    case .number, .text: return option(nil)
    case .list: return Option<[String]>(wrappedValue: [], name: name, help: help) { $0 }
    case .choice(let words): return option(.list(words))
    case .file, .recipe: return option(.file())
    case .folder: return option(.directory)
    }
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Label.self)
    for setting in Selection.settings {
      let label = Label(stringValue: setting.name)
      let text: String?
      switch setting.entry {
      case .flag: text = try values.decode(Flag<Bool?>.self, forKey: label).wrappedValue.map { String($0) }
      case .list:
        let parts = try values.decode(Option<[String]>.self, forKey: label).wrappedValue
        text = parts.isEmpty ? nil : parts.joined(separator: ";")
      case .number, .choice, .text, .file, .folder, .recipe:
        text = try values.decode(Option<String?>.self, forKey: label).wrappedValue
      }
      layer[setting] = text.map { SettingValue(argument: $0) }
    }
  }

  private struct Label: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
