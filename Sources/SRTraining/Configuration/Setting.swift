/// A setting of a training run, a row of ``all``. Its name is a key of the YAML file, and `--NAME` on the command line.
///
/// These read the rows: YAML files, the command line and its help, `config.yaml`, the comparisons with a checkpoint and between
/// ranks, and README's table of options. ``TrainingConfiguration`` has the defaults.
package struct Setting: Sendable {
  /// What depends on a setting.
  package enum Role: Sendable {
    /// The run's bits. A checkpoint that was made with another value cannot be resumed.
    case result
    /// The run's bits, but only if the condition holds for the configuration.
    case resultIf(@Sendable (TrainingConfiguration) -> Bool)
    /// Which network is trained. The network's description decides the result, and is compared instead of the setting.
    case model
    /// Which images, weights and networks are read. Their contents decide the result, and are compared instead of the setting.
    case inputs
    /// The run's length and the way in which it is carried out, but not the bits of a step.
    case execution
    /// One invocation, not the run. The setting is not written to `config.yaml`.
    case invocation
  }

  /// Whether the ranks of a job must be given the same value.
  package enum Ranks: Sendable {
    case alike
    /// A place on a rank's host, or a number that suits the host.
    case own
  }

  /// How a value is given on the command line.
  package enum Entry: Sendable, Equatable {
    /// `--NAME` or `--no-NAME`.
    case flag
    case number
    /// One of some words.
    case choice([String])
    case text
    /// A text with `;` between its parts. On the command line, an option for each part.
    case list
    case file
    case folder
    /// A file, or in a settings file a mapping.
    case recipe
  }

  package let name: String
  /// Other names that YAML files may use: BasicSR's.
  package let aliases: [String]
  package let role: Role
  package let ranks: Ranks
  package let help: String
  package let entry: Entry
  /// What a value must be, such as `a whole number from 1 to 10`.
  package let expectation: String
  /// The environment variable that gives the value if neither an option nor a file does.
  package let variable: String?
  private let types: Set<SettingValue.ScalarType>
  private let defaultWords: String?
  private let isField: @Sendable (PartialKeyPath<TrainingConfiguration>) -> Bool
  private let read: @Sendable (SettingValue, inout TrainingConfiguration) throws -> Bool
  private let write: @Sendable (TrainingConfiguration) -> String?
  private let isSame: @Sendable (TrainingConfiguration, TrainingConfiguration) -> Bool

  /// - Parameters:
  ///   - field: the field that holds the value.
  ///   - aliases: other names in YAML files.
  ///   - defaultWords: the default in words, if the field's default value does not show it.
  ///   - help: one or two sentences. The help of a choice names the choice's words.
  init<Value>(
    _ name: String, _ field: WritableKeyPath<TrainingConfiguration, Value> & Sendable,
    _ kind: ValueKind<Value>,
    _ role: Role, ranks: Ranks, aliases: [String] = [], variable: String? = nil, defaultWords: String? = nil,
    _ help: String
  ) {
    self.name = name
    self.aliases = aliases
    self.role = role
    self.ranks = ranks
    self.variable = variable
    self.defaultWords = defaultWords
    self.help = help
    entry = kind.entry
    expectation = kind.expectation
    types = kind.types
    isField = { $0 == field }
    read = { given, configuration in
      guard let value = try kind.read(given) else { return false }
      configuration[keyPath: field] = value
      return true
    }
    write = { kind.write($0[keyPath: field]) }
    isSame = { kind.isSame($0[keyPath: field], $1[keyPath: field]) }
  }

  /// The row of a field. Every field has one.
  package static func of(_ field: PartialKeyPath<TrainingConfiguration>) -> Setting {
    guard let setting = all.first(where: { $0.isField(field) }) else {
      preconditionFailure("\(field) has no row in the table of settings")
    }
    return setting
  }
}

extension Setting: Hashable {
  package static func == (left: Setting, right: Setting) -> Bool { left.name == right.name }
  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Setting {
  /// Whether the setting takes scalars of the value's type. The value may still be out of range.
  package func takes(_ value: SettingValue) -> Bool { types.contains(value.type) }

  /// Reads a value into its field.
  ///
  /// - Throws: ``ConfigurationError``, or the error of reading a text. The error says what is expected, but does not name the
  ///   setting.
  func apply(_ value: SettingValue, to configuration: inout TrainingConfiguration) throws {
    if takes(value), try read(value, &configuration) { return }
    throw ConfigurationError("\(expectation) is needed\(whatIsWrong(value.type, value.spelling))")
  }

  /// Why the scalar's type is refused, if its spelling does not show it.
  private func whatIsWrong(_ type: SettingValue.ScalarType, _ spelling: String) -> String {
    if types.contains(type) { return "" }
    if type == .null { return ", not null" }
    return type == .text && SettingValue.type(ofPlain: spelling) != .text ? ", not a text in quotes" : ""
  }

  /// The value as a text that reads back as the same value; nil if the setting is not set.
  package func text(in configuration: TrainingConfiguration) -> String? { write(configuration) }

  /// The value as YAML in one line; nil if the setting is not set.
  func yaml(in configuration: TrainingConfiguration) -> String? {
    guard let text = text(in: configuration) else { return nil }
    switch entry {
    case .flag, .number, .recipe: return text
    case .choice, .text, .list, .file, .folder: return YAMLText.scalar(text)
    }
  }

  /// The default as the help shows it.
  package var defaultText: String {
    if let defaultWords { return defaultWords }
    let text = text(in: TrainingConfiguration()) ?? "none"
    if entry == .flag { return text == "true" ? "--\(name)" : "--no-\(name)" }
    return variable.map { "$\($0), else \(text)" } ?? text
  }

  /// Whether a checkpoint that was made with another value cannot be resumed with these settings.
  func decidesResult(in configuration: TrainingConfiguration) -> Bool {
    switch role {
    case .result: true
    case .resultIf(let condition): condition(configuration)
    case .model, .inputs, .execution, .invocation: false
    }
  }

  /// Whether the value belongs to the run, and is written to `config.yaml`.
  package var isRecorded: Bool {
    switch role {
    case .result, .resultIf, .model, .inputs, .execution: true
    case .invocation: false
    }
  }

  /// Whether the setting decides which images, weights and networks are read.
  var namesInputs: Bool {
    switch role {
    case .inputs: true
    case .result, .resultIf, .model, .execution, .invocation: false
    }
  }

  /// `name: theirs there, ours here`; nil if both values are the same. The spelling does not matter.
  func difference(here: TrainingConfiguration, there: TrainingConfiguration) -> String? {
    guard !isSame(here, there) else { return nil }
    return "\(name): \(text(in: there) ?? "unset") there, \(text(in: here) ?? "unset") here"
  }
}
