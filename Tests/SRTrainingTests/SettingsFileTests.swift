import SRTestSupport
import SRTraining
import Testing

/// What a settings file may not hold is refused with its line, before it takes time or memory.
@Suite struct SettingsFileTests {
  /// The error of a settings file; empty if it is accepted.
  private func refusal(_ yaml: String) -> String {
    do {
      _ = try SettingLayer(yaml: yaml, origin: "a.yaml")
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [
    ("epochs: 1\nbatch-size: *b\n", "a.yaml:2: '*b' is an alias"),
    ("epochs: &a 1\n", "a.yaml:1: '&a' is an anchor"),
    ("epochs: 1\n&k seed: 1\n", "a.yaml:2: '&k' is an anchor"),
    ("&m epochs: 1\n", "a.yaml:1: '&m' is an anchor"), ("--- &m\nepochs: 1\n", "a.yaml:1: '&m' is an anchor"),
    ("epochs: &l [1]\n", "'&l' is an anchor"), ("epochs: &l {a: b}\n", "'&l' is an anchor"),
    ("? &c {a: 1}\n: 2\n", "'&c' is an anchor"), ("&s a\n", "'&s' is an anchor"),
    ("*s\n", "'*s' is an alias"),
    ("data: *faces\n", "put it in quotes"),
  ])
  func anchorsAndAliasesAreRefused(yaml: String, said: String) {
    #expect(refusal(yaml).contains(said), "\(refusal(yaml))")
  }

  /// Quotes make texts of them, and inside a text they mean nothing.
  @Test(arguments: ["'*a'", "\"&a\"", "a*b", "a & b", "a: [*"]) func starsInTextsAreTexts(scalar: String)
    throws
  {
    let quoted = scalar == "a: [*" ? "'\(scalar)'" : scalar
    let layer = try SettingLayer(yaml: "data: \(quoted)\n", origin: "a.yaml")
    #expect(layer[.of(\.data)]?.spelling == scalar.filter { !"'\"".contains($0) })
  }

  /// Expanded, this has 9^40 parts. Comparing its keys alone would never end.
  @Test func aBombIsRefusedAtItsFirstAnchor() {
    var yaml = "a0: &a0 {x: 1}\n"
    for level in 1...40 {
      let parts = (0..<9).map { "? {k\($0): *a\(level - 1)} : 1" }.joined(separator: ", ")
      yaml += "a\(level): &a\(level) {\(parts)}\n"
    }
    #expect(refusal(yaml).contains("a.yaml:1: '&a0' is an anchor"))
    #expect(refusal("? [*a, *a]\n: 1\n").contains("a key needs to be"), "\(refusal("? [*a, *a]\n: 1\n"))")
  }

  /// The largest files of the kinds that a parser may take long for.
  @Test(arguments: ["[", "{", "? ", "- ", "a: ", "'", "\"\\\\", "!", "&", "*", "#", "|\n ", "%", "\t", "-\n"])
  func deepAndLongFilesAreRefused(part: String) {
    let most = 65_536 / part.utf8.count
    _ = refusal(String(repeating: part, count: most))
    _ = refusal("epochs: " + String(repeating: part, count: most - 8))
    #expect(refusal(String(repeating: part, count: most + 1)).contains("at most 65536"))
  }

  @Test(arguments: [
    ("epochs: 1\nepochs: 2\n", "a.yaml:2: 'epochs' is given twice"),
    ("epochs: 1\n---\nepochs: 2\n", "a.yaml:2: a second document begins"),
    ("epochs: 1\n  bad: [\n", "a.yaml:2: not valid YAML"),
    ("epochs: 1\nseed: \u{1}\n", "a.yaml:2: not valid YAML"),
    ("- epochs\n", "a.yaml:1: one mapping is needed"), ("\n\nepochs\n", "a.yaml:3: one mapping is needed"),
    ("[a]: 1\n", "a.yaml:1: a key needs to be a setting's name"),
    ("{a: b}: 1\n", "a.yaml:1: a key needs to be a setting's name"),
    ("seed: 1\nepochs: {a: 1}\n", "a.yaml:2: 'epochs' needs a plain value"),
    ("seed: 1\nepoch: 1\n", "a.yaml:2: 'epoch' is not a setting (did you mean 'epochs'?)"),
  ])
  func errorsHaveTheirLine(yaml: String, said: String) {
    #expect(refusal(yaml).hasPrefix(said), "\(refusal(yaml))")
  }

  @Test func bytesThatAreNotUTF8AreRefused() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(Array("data: caf".utf8) + [0xE9, 0x0A], as: "a.yaml")
    #expect(throws: ConfigurationError("\(file) is not UTF-8, which a configuration file is")) {
      try SettingLayer(file: file)
    }
    let marked = try folder.write([0xEF, 0xBB, 0xBF] + Array("epochs: 7\n".utf8), as: "b.yaml")
    #expect(try SettingLayer(file: marked)[.of(\.epochs)]?.spelling == "7")
  }
}
