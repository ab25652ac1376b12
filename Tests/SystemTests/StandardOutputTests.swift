import Foundation
import SRTestSupport
import Testing

/// A result that goes to a full disk is no success.
@Suite struct StandardOutputTests {
  /// Runs srdist in a shell, with `$1` for the program.
  private func shell(_ command: String) throws -> ChildRun {
    let program = try RunningProgram.productsDirectory().appendingPathComponent("srdist").path
    return try ChildRun("/bin/bash", ["-c", "set -o pipefail; \(command)", "bash", program])
  }

  @Test(arguments: [
    "presets", "presets hybrid", "--help", "train --help", "--generate-completion-script bash",
    "train --synthetic-train 4 --synthetic-valid 2 --model vanilla --loss mse=1 --dry-run",
    "evaluate --method bicubic --synthetic-train 2 --synthetic-valid 2 --json",
  ])
  func aFullDiskIsAnError(_ command: String) throws {
    let full = try shell("\"$1\" \(command) >/dev/full")
    #expect(full.status == 1)
    #expect(full.errors.contains("cannot write standard output: No space left on device"), "\(full.errors)")
    let sound = try shell("\"$1\" \(command)")
    #expect(sound.status == 0 && !sound.output.isEmpty, "\(sound.errors)")
  }

  /// Whoever reads the first line alone has what was asked for.
  @Test func aPipeWhoseReaderHasEndedIsNoError() throws {
    // `yes` ends when the reader has.
    let run = try shell("{ yes 2>/dev/null; \"$1\" train --help; echo $? >&2; } | true")
    #expect(run.errors == "0\n", "\(run.errors)")
  }
}
