import SRTraining
import Testing

/// Scalars of settings files are read as in the table of YAML 1.2.2, section 10.3.2.
@Suite struct CoreSchemaTests {
  private func configuration(_ yaml: String) throws -> TrainingConfiguration {
    try TrainingConfiguration(layers: [SettingLayer(yaml: yaml, origin: "a.yaml")])
  }

  @Test(arguments: [
    ("12", 12), ("+5", 5), ("010", 10), ("0x1F", 31), ("0o17", 15), ("!!int \"8\"", 8),
  ])
  func wholeNumbers(scalar: String, value: Int) throws {
    #expect(try configuration("batch-size: \(scalar)").batchSize == value)
  }

  @Test(arguments: [
    ("1", 1.0), ("0x10", 16), ("0o17", 15), ("1e-3", 0.001), ("+1.5E+2", 150), (".5", 0.5), ("1.", 1),
    ("!!float \"2\"", 2),
  ])
  func realNumbers(scalar: String, value: Double) throws {
    #expect(try configuration("learning-rate: \(scalar)").learningRate == value)
  }

  @Test(arguments: [
    ("true", true), ("True", true), ("TRUE", true), ("false", false), ("False", false), ("FALSE", false),
  ])
  func truth(scalar: String, value: Bool) throws {
    #expect(try configuration("shuffle: \(scalar)").shuffle == value)
    #expect(try configuration("overlap: \(scalar)").overlap == value)
  }

  /// These are numbers in YAML 1.1, or in no version of YAML.
  @Test(arguments: [
    "batch-size: 1_0", "batch-size: 1:30", "batch-size: 0b11", "batch-size: 1e1", "batch-size: 8.0",
    "batch-size: 0x-5", "batch-size: + 5", "batch-size: !!str 8", "learning-rate: 1e", "learning-rate: inf",
    "learning-rate: .inf", "learning-rate: +.INF", "learning-rate: .NaN", "learning-rate: \"0.1\"",
    "shuffle: on", "shuffle: tRUE", "shuffle: \"true\"", "shuffle: 1",
  ])
  func otherScalarsAreRefused(yaml: String) {
    #expect(throws: ConfigurationError.self) { try configuration(yaml) }
  }

  @Test(arguments: [
    ("'null'", "null"), ("\"~\"", "~"), ("True", "True"), ("007", "007"), ("no", "no"), ("1:30", "1:30"),
    ("!!str null", "null"), ("a b", "a b"),
  ])
  func textsKeepTheirSpelling(scalar: String, path: String) throws {
    #expect(try configuration("data: \(scalar)").data == path)
  }

  @Test(arguments: ["", "~", "null", "# a comment\n", "---\n"])
  func aFileMayBeEmpty(yaml: String) throws {
    #expect(try configuration(yaml) == TrainingConfiguration())
  }
}
