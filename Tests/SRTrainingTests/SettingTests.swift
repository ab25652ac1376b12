import SRTestSupport
import SRTraining
import Testing

/// Walks all rows of the table of settings.
@Suite struct SettingTests {
  private let standard = TrainingConfiguration()

  /// `base`, overridden by the settings of `yaml`.
  private func configuration(
    _ yaml: String, over base: TrainingConfiguration = TrainingConfiguration()
  ) throws -> TrainingConfiguration {
    var configuration = base
    try configuration.apply(SettingLayer(yaml: yaml, origin: "a.yaml"))
    return configuration
  }

  /// The error of `yaml`; empty if it is accepted.
  private func refusal(_ yaml: String) -> String {
    do {
      _ = try configuration(yaml)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func everyFieldHasARow() {
    #expect(Mirror(reflecting: standard).children.count == Setting.all.count)
    #expect(Set(Setting.all.map(\.name)).count == Setting.all.count)
    for setting in Setting.all {
      #expect(setting.name.allSatisfy { $0.isLowercase || $0 == "-" }, "\(setting.name)")
    }
  }

  @Test(arguments: Preset.allCases)
  func aPresetSaysWhatItIsAndCanBeTrained(preset: Preset) throws {
    #expect(preset.summary.count > 20 && Preset.names.contains(preset.rawValue))
    let configuration = try TrainingConfiguration(layers: [preset.layer()])
    #expect(!configuration.loss.isEmpty)
  }

  /// The weights of the one start the other.
  @Test func bestPerceptualTrainsTheNetworkOfBest() throws {
    let (best, perceptual) = try (
      TrainingConfiguration(layers: [Preset.best.layer()]),
      TrainingConfiguration(layers: [Preset.bestPerceptual.layer()])
    )
    #expect(
      perceptual.model == best.model && perceptual.features == best.features
        && perceptual.blocks == best.blocks)
    #expect(perceptual.loss.count > best.loss.count)
  }

  @Test(arguments: Setting.all)
  func theDefaultIsReadBack(_ setting: Setting) throws {
    let value = try #require(SettingExamples.other(than: standard, of: setting))
    var changed = standard
    try changed.apply(SettingExamples.layer([(setting, value)]))
    let text = setting.text(in: standard)
    if let text {
      try changed.apply(SettingExamples.layer([(setting, SettingValue(argument: text))]))
    } else {
      changed = try configuration("\(setting.name): null", over: changed)
    }
    #expect(changed == standard, "'\(text ?? "null")' is not the default")
  }

  @Test(arguments: Setting.all)
  func whatIsNoValueIsRefused(_ setting: Setting) throws {
    let wrong: [String] =
      switch setting.entry {
      case .flag: ["maybe", "1", "''", "[true]"]
      case .number: ["x", "-1", "99999999999999999999", ".inf", ".nan", "true", "'2'"]
      case .choice: ["no-such-word", "2"]
      case .file, .folder: ["''", "[a]"]
      case .text: ["{}"]
      case .recipe: ["''", "[a]"]
      case .list: ["''", "[a]"] + (setting == .of(\.val) ? ["x"] : [])
      }
    for value in wrong {
      if value == "99999999999999999999", setting.takes(SettingValue(argument: "0.5")) {
        continue  // A real number may be this large.
      }
      let said = refusal("\(setting.name): \(value)")
      #expect(said.contains("\(setting.name)") && said.contains("a.yaml"), "\(value): \(said)")
      #expect(said.contains(" is needed") || said.contains("needs a plain value"), "\(value): \(said)")
    }
  }

  @Test(
    arguments: [
      ("epochs: 0", "epochs: a whole number from 1 to 1000000000 is needed ('0' in a.yaml)"),
      (
        "epochs: 1000000001", "epochs: a whole number from 1 to 1000000000 is needed ('1000000001' in a.yaml)"
      ),
      ("batch-size: '8'", "batch-size: a whole number from 1 to 1000000000 is needed, not a text in quotes"),
      ("epochs: null", "epochs: a whole number from 1 to 1000000000 is needed, not null ('null' in a.yaml)"),
      ("threads: 4097", "threads: a whole number from 1 to 4096 is needed"),
      ("bucket-size: 4095", "bucket-size: a whole number from 4096 to 1000000000 is needed"),
      ("seed: 18446744073709551616", "seed: a whole number from 0 to 18446744073709551615 is needed"),
      ("learning-rate: 0", "learning-rate: a number above 0 is needed"),
      ("lr-gamma: 1.001", "lr-gamma: a number above 0 and of at most 1 is needed"),
      ("lr-final: -0.1", "lr-final: a number of at least 0 and of at most 1 is needed"),
      ("ema-decay: 1", "ema-decay: 0 (none) or a number above 0 and below 1 is needed"),
      ("stall-timeout: 0.5", "stall-timeout: 0 (none) or a number of at least 1 is needed"),
      ("model: vannila", "model: one of vanilla, attention, compact is needed ('vannila' in a.yaml)"),
      ("augment: flip,flip", "augment: none, flip, rot or 'flip,rot' is needed"),
      ("betas: 0.9", "betas: two numbers of at least 0 and below 1, such as 0.9,0.999 is needed"),
      ("betas: 0.9,1", "betas: two numbers of at least 0 and below 1"),
      (
        "lr-milestones: 20,10",
        "lr-milestones: whole numbers above 0, such as 10,20, each above the one before"
      ),
      ("lr-restart-weights: 1,x", "lr-restart-weights: numbers above 0, such as 1,0.5 is needed"),
      ("vgg-layers: relu1_2", "vgg-layers: 'relu1_2' is no layer with its weight, such as relu1_2=0.1"),
      ("vgg-layers: relu1_2=1,relu1_2=2", "vgg-layers: relu1_2 is given twice"),
      (
        "vgg-layers: relu1_2=-1", "vgg-layers: the weight of relu1_2 is '-1', and a positive number is needed"
      ),
      (
        "vgg-layers: conv1_2=1",
        "vgg-layers: VGG16 has no layer 'conv1_2'; its layers are relu1_1, relu1_2, relu2_1, relu2_2, relu3_1, relu3_2, "
          + "relu3_3, relu4_1, relu4_2, relu4_3, relu5_1, relu5_2, relu5_3. srdist takes features after the ReLU, which are "
          + "relu1_2"
      ),
      ("loss: mes=1", "loss: unknown loss 'mes'; the losses are mse, l1, charbonnier"),
      ("data: ''", "data: a path is needed, and it is empty"),
      ("resume: ''", "resume: a path is needed, and it is empty"),
      ("shuffle: yes", "shuffle: true or false is needed ('yes' in a.yaml)"),
    ])
  func errorsSayWhatIsExpected(yaml: String, said: String) {
    #expect(refusal(yaml).hasPrefix(said), "\(refusal(yaml))")
  }

  /// Values at the ends of ranges are accepted.
  @Test(arguments: [
    "epochs: 1", "epochs: 1000000000", "threads: 4096", "bucket-size: 4096", "seed: 18446744073709551615",
    "samples: 0", "learning-rate: 5e-324", "lr-gamma: 1", "lr-final: 0", "lr-final: 1", "warmup-epochs: 0",
    "ema-decay: 0.9999", "stall-timeout: 1", "synthetic-train: 100000",
  ])
  func endsOfRangesAreTaken(yaml: String) throws {
    let configuration = try configuration(yaml)
    let parts = yaml.split(separator: ":")
    let setting = try #require(Setting.all.first { $0.name == parts[0] })
    #expect(setting.text(in: configuration) == String(parts[1].dropFirst()))
  }

  @Test(arguments: Setting.all)
  func nullUnsetsOrIsRefused(_ setting: Setting) throws {
    let value = try #require(SettingExamples.other(than: standard, of: setting))
    var changed = standard
    try changed.apply(SettingExamples.layer([(setting, value)]))
    let optional = [
      "max-steps", "ema-decay", "init-weights", "data", "checkpoint-every", "threads", "virtual-ranks",
      "stall-timeout", "val", "best-metric", "clip-grad-norm", "lr-milestones", "lr-periods",
      "lr-restart-weights", "degradation",
    ]
    for null in ["null", "Null", "NULL", "~", ""] {
      do {
        let text = setting.text(in: try configuration("\(setting.name): \(null)", over: changed))
        #expect(text == nil || text == "0", "\(null) gives \(text ?? "")")
      } catch {
        #expect("\(error)".hasPrefix("\(setting.name): "), "\(error)")
        #expect("\(error)".contains("is needed, not null ('\(null)' in a.yaml)"), "\(error)")
        #expect(!optional.contains(setting.name))
      }
    }
  }

  @Test func aConfigurationIsReadBackFromYAML() throws {
    let other = try SettingExamples.allOther()
    let yaml = other.yaml(header: "two\nlines")
    #expect(yaml.hasPrefix("# two\n# lines\nmodel: "))
    let read = try configuration(yaml)
    for setting in Setting.all {
      #expect(setting.text(in: other) != setting.text(in: standard), "\(setting.name)")
      #expect(
        setting.text(in: read) == setting.text(in: setting.isRecorded ? other : standard), "\(setting.name)")
    }
    #expect(yaml.contains("data: 'a folder/with ''quotes'''\n"))
  }

  /// Every character that a path may hold, at its beginning, inside, at its end, and twice.
  @Test func anyPathIsReadBack() throws {
    let characters =
      (1...0xFF).map { Unicode.Scalar($0)! }
      + "\u{3B1}\u{4E2D}\u{E000}\u{2028}\u{2029}\u{FEFF}\u{FFFD}\u{FFFE}\u{1F600}\u{10FFFF}\u{301}"
      .unicodeScalars
    for character in characters {
      for path in [
        "\(character)", "\(character)a", "a\(character)b", "a\(character)", "\(character)\(character)",
      ] {
        var written = standard
        (written.data, written.initWeights, written.weightsDir) = (path, path, "x \(path)")
        let yaml = written.yaml(header: "")
        #expect(try configuration(yaml) == written, "U+\(String(character.value, radix: 16)) in \(yaml)")
      }
    }
  }

  @Test(arguments: [
    "null", "~", "True", "007", "0x10", "1e3", ".5", ".inf", "-", "--- x", "a: b", "# c", "a #b",
  ])
  func pathsThatLookLikeOtherScalarsAreReadBack(path: String) throws {
    var written = standard
    written.data = path
    #expect(try configuration(written.yaml(header: "")) == written)
  }

  /// Version 0.1.0 wrote this configuration into run folders and checkpoints.
  @Test func theConfigurationOfAnOlderRunIsRead() throws {
    let yaml = """
      # A run of srdist 0.1.0. `srdist train --config FILE` repeats it.
      model: attention
      loss: 'charbonnier=1.0,ssim=0.1'
      epochs: 20
      max-steps: 1
      batch-size: 8
      learning-rate: 0.0004
      lr-schedule: cosine
      lr-step: 10
      lr-gamma: 0.5
      lr-final: 0.01
      warmup-epochs: 0.5
      lr-scaling: none
      seed: 0
      shuffle: true
      augment: flip
      crop: stored
      ema-decay: 0.0
      gradient-dtype: float32
      reduction: tree
      init: interpolation
      synthetic-train: 4
      synthetic-valid: 2
      weights-dir: weights
      vgg-input: raw
      lpips-input: raw
      lpips-linear: automatic
      checkpoint-every: 0
      keep-checkpoints: 3
      validation: dealt
      bucket-size: 1048576
      overlap: true
      samples: 0
      tensorboard: true
      stall-timeout: 120.0
      """
    var expected = try TrainingConfiguration(layers: [
      Preset.best.layer(),
      SettingLayer(
        yaml: "model: attention\nloss: 'charbonnier=1,ssim=0.1'\nepochs: 20", origin: "the older preset"),
    ])
    expected.emaDecay = nil
    expected.maxSteps = 1
    expected.syntheticTrain = 4
    expected.syntheticValid = 2
    expected.samples = 0
    let read = try configuration(yaml)
    #expect(read == expected)
    #expect(read.differences(from: expected).isEmpty)
  }

  @Test(arguments: Setting.all)
  func resumingComparesWhatDecidesTheResult(_ setting: Setting) throws {
    var other = standard
    let value = try #require(SettingExamples.other(than: standard, of: setting))
    try other.apply(SettingExamples.layer([(setting, value)]))
    let differences = standard.differences(from: other)
    switch setting.role {
    case .result:
      let (there, here) = (setting.text(in: other) ?? "unset", setting.text(in: standard) ?? "unset")
      #expect(differences == ["\(setting.name): \(there) there, \(here) here"])
      #expect(!Self.neverCompared.contains(setting.name))
    case .resultIf, .model, .inputs, .execution, .invocation:
      #expect(differences.isEmpty)
      #expect(!Self.alwaysCompared.contains(setting.name))
    }
  }

  private static let neverCompared = [
    "model", "scale", "features", "blocks", "attention", "max-steps", "init-weights", "data",
    "synthetic-train",
    "synthetic-valid", "weights-dir", "output", "resume",
    "checkpoint-every", "keep-checkpoints", "validation", "threads", "virtual-ranks", "bucket-size",
    "overlap",
    "samples", "tensorboard", "stall-timeout", "val", "best-metric",
  ]
  private static let alwaysCompared = [
    "loss", "batch-size", "learning-rate", "lr-schedule", "lr-step", "lr-gamma", "lr-final",
    "warmup-epochs", "warmup-steps", "lr-unit", "lr-milestones", "lr-periods", "lr-restart-weights",
    "optimizer", "betas", "adam-epsilon", "weight-decay", "clip-grad-norm", "vgg-layers", "vgg-criterion",
    "lr-scaling", "seed", "shuffle", "augment", "crop", "ema-decay", "gradient-dtype",
    "reduction", "init", "trunk-balance", "vgg-input", "lpips-input", "lpips-linear",
  ]

  @Test func ranksAreComparedButForPlacesAndThreads() {
    let own = Setting.all.filter { $0.ranks == .own }.map(\.name)
    for name in ["data", "weights-dir", "init-weights", "output", "resume", "threads"] {
      #expect(own.contains(name))
    }
    for name in Self.alwaysCompared + ["epochs", "max-steps", "virtual-ranks", "overlap"] {
      #expect(!own.contains(name))
    }
  }

  @Test func aRunsFileLeavesOutTheInvocation() throws {
    let yaml = try SettingExamples.allOther().yaml(header: "")
    let written = yaml.split(separator: "\n").compactMap { $0.split(separator: ":").first.map(String.init) }
    #expect(written == Setting.all.filter(\.isRecorded).map(\.name))
    for name in ["output", "resume", "threads", "virtual-ranks"] { #expect(!written.contains(name)) }
    for name in Self.alwaysCompared + ["epochs", "init-weights", "data", "overlap"] {
      #expect(written.contains(name))
    }
  }

  /// A cosine schedule depends on the number of epochs.
  @Test func epochsAreComparedUnderACosine() throws {
    let ours = try configuration("lr-schedule: cosine")
    let theirs = try configuration("lr-schedule: cosine\nepochs: 3")
    #expect(ours.differences(from: theirs) == ["epochs: 3 there, 20 here"])
  }

  /// Steps that are given over a preset's epochs end the run alone. A cosine over epochs keeps them, and so does a layer with both.
  @Test(arguments: [
    (["epochs: 5", "max-steps: 90"], TrainingConfiguration.mostEpochs), (["epochs: 5\nmax-steps: 90"], 5),
    (["max-steps: 90"], 1_000_000_000),
    (["max-steps: 90", "epochs: 5"], 5), (["max-steps: 90", "seed: 1"], TrainingConfiguration.mostEpochs),
    (["epochs: 5", "seed: 1"], 5),
    (["epochs: 5", "max-steps: 90\nlr-schedule: cosine"], 5), (["epochs: 5", "max-steps: null"], 5),
  ])
  func stepsAloneEndARun(yaml: [String], epochs: Int) throws {
    let layers = try yaml.map { try SettingLayer(yaml: $0, origin: "a.yaml") }
    #expect(try TrainingConfiguration(layers: layers).epochs == epochs)
  }

  /// So does one that counts steps, on the number of steps.
  @Test func stepsAreComparedUnderACosineOfSteps() throws {
    let ours = try configuration("lr-schedule: cosine\nlr-unit: steps\nmax-steps: 10")
    let theirs = try configuration("lr-schedule: cosine\nlr-unit: steps\nmax-steps: 12\nepochs: 3")
    #expect(ours.differences(from: theirs) == ["max-steps: 12 there, 10 here"])
  }

  @Test(arguments: [
    ("lr-schedule: multistep", "lr-schedule multistep needs lr-milestones"),
    ("lr-schedule: cosine-restart", "lr-schedule cosine-restart needs lr-periods"),
    ("lr-schedule: cosine\nlr-unit: steps", "lr-schedule cosine with lr-unit steps needs max-steps"),
    (
      "lr-schedule: cosine-restart\nlr-periods: 5,5\nlr-restart-weights: 1",
      "lr-restart-weights has 1 weights for 2 lr-periods"
    ),
    ("warmup-epochs: 1\nwarmup-steps: 5", "warmup-epochs and warmup-steps are both set"),
  ])
  func whatAScheduleNeedsIsNamed(yaml: String, said: String) throws {
    let layer = try SettingLayer(yaml: yaml, origin: "a.yaml")
    #expect {
      _ = try TrainingConfiguration(layers: [layer])
    } throws: {
      "\($0)".hasPrefix(said)
    }
  }

  @Test func spellingsOfNumbersAndLayersDoNotMatter() throws {
    let ours = try configuration(
      "betas: 0.9,0.99\nvgg-layers: relu2_2=1,relu1_2=0.1\nlr-periods: 5, 6\naugment: rot,flip")
    let theirs = try configuration(
      "betas: .9 , 9.9e-1\nvgg-layers: relu1_2=.1, relu2_2=1.0\nlr-periods: 5,6\naugment: flip,rot")
    #expect(ours.differences(from: theirs).isEmpty)
  }

  @Test func resumingComparesValuesAndNotSpellings() throws {
    let ours = try configuration("loss: mse=1,ssim=0.1\nlearning-rate: 1e-3\nseed: 0x10\nema-decay: 0")
    let theirs = try configuration("loss: mse=1.0 , ssim=1e-1\nlearning-rate: .001\nseed: 16\nema-decay: ~")
    #expect(ours.differences(from: theirs).isEmpty)
    // The order of the terms matters: they are added up in this order.
    let others = try configuration("loss: ssim=0.1,mse=1", over: ours)
    #expect(ours.differences(from: others) == ["loss: ssim=0.1,mse=1 there, mse=1,ssim=0.1 here"])
  }

  @Test func helpOfAChoiceNamesItsWords() {
    for setting in Setting.all {
      guard case .choice(let words) = setting.entry else { continue }
      for word in words { #expect(setting.help.contains(word), "--\(setting.name): \(word)") }
    }
  }
}
