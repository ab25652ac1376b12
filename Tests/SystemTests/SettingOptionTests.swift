import SRTestSupport
import SRTraining
import Testing

/// The settings as options of the built program.
@Suite struct SettingOptionTests {
  @Test func helpHasEveryRow() throws {
    let run = try ProgramRun("srdist", ["train", "--help"])
    #expect(run.status == 0)
    // The help without its line breaks.
    let help = run.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for group in SettingGroup.all { #expect(help.contains("\(group.title.uppercased()): ")) }
    for setting in Setting.all {
      let name = setting.name
      let option = setting.entry == .flag ? "--\(name)/--no-\(name)" : "--\(name) <\(name)>"
      #expect(help.contains("\(option) \(setting.help) (default: \(setting.defaultText))"), "\(option)")
    }
  }

  @Test func helpOfOtherCommandsHasTheirRows() throws {
    for (command, settings) in [
      ("evaluate", SettingGroup.data.settings + [.of(\.threads)]), ("plan", Setting.all),
      ("doctor", [.of(\.threads), .of(\.weightsDir)]),
    ] {
      let run = try ProgramRun("srdist", [command, "--help"])
      #expect(run.status == 0)
      for setting in settings {
        #expect(run.output.contains("\n  --\(setting.name)"), "\(command) \(setting)")
      }
    }
  }

  /// For a text that is not a value, the error names the option and what it expects.
  @Test(arguments: Setting.all)
  func whatIsNoValueIsRefused(_ setting: Setting) throws {
    let (wrong, status, said): (String, Int32, String) =
      switch setting.entry {
      case .flag: ("--\(setting.name)=maybe", 64, "'--\(setting.name)' does not take any value")
      case .number:
        (
          "--\(setting.name)=x", 64,
          "The value 'x' is invalid for '--\(setting.name) <\(setting.name)>': \(setting.expectation) is needed"
        )
      case .choice(let words):
        (
          "--\(setting.name)=x", 1,
          "error: \(setting.name): one of \(words.joined(separator: ", ")) is needed"
        )
      case .text, .list, .file, .folder, .recipe: ("", 1, "error: \(setting.name): ")
      }
    let arguments = wrong.isEmpty ? ["--\(setting.name)", ""] : [wrong]
    let run = try ProgramRun("srdist", ["train", "--dry-run"] + arguments)
    #expect(run.status == status)
    #expect(run.errors.contains(said), "\(run.errors)")
  }

  /// A value that is given on the command line is in the run's config.yaml.
  @Test func optionsReachTheConfiguration() throws {
    let folder = try TemporaryFolder()
    let given: [String: String] = [
      "model": "vanilla", "loss": "mse=2", "init-weights": "", "strict": "true", "param-key": "", "data": "",
      "val": "", "range": "", "train-hr": "", "train-lr": "", "filename-tmpl": "", "patch": "",
      "patches-per-image": "1", "data-cache": "auto",
      "in-channels": "3", "out-channels": "3",
      "weights-dir": folder.path,
      "crop": "stored", "reduction": "tree", "learning-rate": "1e-05", "warmup-steps": "0", "max-steps": "1",
      "samples": "1",
    ]
    var arguments = ["train", "--output", folder.file("run"), "--threads", "1"]
    var expected: [String: String] = [:]
    for setting in Setting.all where setting.isRecorded && given[setting.name] != "" {
      let text =
        try given[setting.name]
        ?? #require(SettingExamples.other(than: TrainingConfiguration(), of: setting)).spelling
      expected[setting.name] = text
      switch setting.entry {
      case .flag: arguments.append(text == "true" ? "--\(setting.name)" : "--no-\(setting.name)")
      case .number, .choice, .text, .list, .file, .folder, .recipe:
        arguments += ["--\(setting.name)", text]
      }
    }
    let run = try ProgramRun("srdist", arguments)
    try #require(run.status == 0, "\(run.errors)")
    var configuration = TrainingConfiguration()
    try configuration.apply(SettingLayer(file: folder.file("run/config.yaml")))
    for (name, text) in expected {
      let setting = try #require(Setting.all.first { $0.name == name })
      #expect(setting.text(in: configuration) == text, "\(name)")
    }
  }

  /// The last of `--shuffle` and `--no-shuffle` counts, and options override a file.
  @Test func flagsWinOverFiles() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(
      Array("overlap: False\nshuffle: True\ntensorboard: FALSE\nmodel: vanilla\n".utf8), as: "a.yaml")
    let run = try ProgramRun(
      "srdist",
      [
        "train", "--config", file, "--overlap", "--shuffle", "--no-shuffle", "--loss", "mse=1",
        "--synthetic-train", "2", "--synthetic-valid", "2", "--max-steps", "1", "--threads", "1",
        "--weights-dir", folder.path, "--output", folder.file("run"),
      ])
    try #require(run.status == 0, "\(run.errors)")
    let configuration = try TrainingConfiguration(layers: [SettingLayer(file: folder.file("run/config.yaml"))]
    )
    #expect(configuration.overlap && !configuration.shuffle && !configuration.tensorboard)
  }
}
