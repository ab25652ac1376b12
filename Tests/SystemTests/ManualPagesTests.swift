import Foundation
import SRTestSupport
import Testing

/// The manual pages that `scripts/package` makes of the program's help.
@Suite struct ManualPagesTests {
  @Test func everyCommandHasAPageWithItsOptions() throws {
    let folder = try TemporaryFolder()
    let help = try ProgramRun("srdist", ["--experimental-dump-help"])
    try folder.write(Array(help.output.utf8), as: "help.json")
    let made = try ChildRun(
      "/usr/bin/env",
      [
        "python3", Repository.file("scripts/support/man_pages.py"), folder.file("help.json"), "1.2.3",
        "2026-01-31",
        folder.path,
      ])
    #expect(made.status == 0, "\(made.errors)")

    let main = try folder.text("srdist.1")
    #expect(main.hasPrefix(".TH SRDIST 1 \"2026-01-31\" \"srdist 1.2.3\""))
    let commands = [
      "prepare", "degrade", "train", "evaluate", "presets", "inspect", "report", "doctor", "plan",
    ]
    for command in commands {
      #expect(main.contains("\\fBsrdist\\-\(command)\\fR(1)"))
      let page = try folder.text("srdist-\(command).1")
      #expect(page.contains(".SH NAME\nsrdist\\-\(command) \\- "))
      // The help names each option once, at the start of a line.
      let lines = try ProgramRun("srdist", [command, "--help"]).output.split(separator: "\n")
      let options = lines.compactMap { $0.firstMatch(of: /^  (?:-[a-z], )?(--[a-z0-9-]+)/)?.1 }
      #expect(!options.isEmpty)
      for option in options {
        #expect(page.contains("\\fB\(option.replacing("-", with: "\\-"))\\fR"), "\(command) \(option)")
      }
      // To roff, lines that begin so are requests. Those that the pages use are these.
      for line in page.split(separator: "\n") where line.hasPrefix(".") || line.hasPrefix("'") {
        #expect(line.prefixMatch(of: /\.(TH|SH|PP|TP|RS|RE|nf|fi|nh|ad)\b/) != nil, "\(command): \(line)")
      }
    }
  }
}
