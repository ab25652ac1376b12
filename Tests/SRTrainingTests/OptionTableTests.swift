import Foundation
import SRTraining
import Testing

/// The README's table of options, against the table of settings.
///
/// `SRDIST_WRITE_README=1 swift test -c release --filter OptionTableTests` writes the README's table.
@Suite struct OptionTableTests {
  private static let marks = (
    start:
      "<!-- Options, made by `SRDIST_WRITE_README=1 swift test -c release --filter OptionTableTests` -->",
    end: "<!-- End of options -->"
  )

  private var table: String {
    let lines = SettingGroup.all.flatMap { group in
      ["| **\(group.title)** | | |"]
        + group.settings.map { setting in
          let flag = "`--\(setting.name)`" + (setting.entry == .flag ? ", `--no-\(setting.name)`" : "")
          return "| \(flag) | \(Self.escaped(setting.defaultText)) | \(Self.escaped(setting.help)) |"
        }
    }
    return ([Self.marks.start] + Self.opening + lines + ["", "</details>", Self.marks.end])
      .joined(separator: "\n")
  }

  private static let opening = [
    "<details>",
    "<summary>Every setting: an option, and without the dashes a key of the YAML file for <code>--config</code></summary>",
    "", "| option | default without a preset | what it does |", "|---|---|---|",
  ]

  /// The text with a backslash before each character that has a meaning in Markdown.
  private static func escaped(_ text: String) -> String {
    ["|", "*"].reduce(text) { $0.replacingOccurrences(of: $1, with: "\\\($1)") }
  }

  @Test func isThatOfTheSettings() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = root.appendingPathComponent("README.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    let start = try #require(text.range(of: Self.marks.start), "README.md has lost the mark of its table")
    let end = try #require(text.range(of: Self.marks.end), "README.md has lost the mark of its table's end")
    let range = start.lowerBound..<end.upperBound
    if ProcessInfo.processInfo.environment["SRDIST_WRITE_README"] == "1" {
      try text.replacingCharacters(in: range, with: table).write(to: file, atomically: true, encoding: .utf8)
    } else {
      #expect(text[range] == table, "the mark says how to write it anew")
    }
  }
}
