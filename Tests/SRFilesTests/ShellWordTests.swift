import SRFiles
import SRTestSupport
import Testing

@Suite struct ShellWordTests {
  /// bash reads every word back. The words hold all bytes of ASCII but NUL, and letters beyond it.
  @Test func theShellReadsWordsBack() throws {
    let characters = (1...0x7F).map { String(Unicode.Scalar(UInt8($0))) } + ["é", "中", "😀"]
    let words = characters.flatMap { [$0, "a\($0)b", "\($0)\($0)1"] } + ["", "it's a $(b) `c` \\n"]
    let command =
      "for w in " + words.map(ShellWord.quoted).joined(separator: " ") + #"; do printf '%s\0' "$w"; done"#
    let run = try ChildRun("/usr/bin/env", ["bash", "-c", command])
    #expect(run.status == 0, "\(run.errors)")
    let read = run.output.split(separator: "\0", omittingEmptySubsequences: false).dropLast().map(String.init)
    #expect(read == words)
  }

  @Test func plainWordsStayPlain() {
    #expect(ShellWord.quoted("runs/a_b-1.gp") == "runs/a_b-1.gp")
    #expect(ShellWord.quoted("two words") == "'two words'")
    #expect(ShellWord.quoted("two\nlines") == #"$'two\012lines'"#)
  }
}
