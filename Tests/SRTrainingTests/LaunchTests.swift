import Foundation
import SRTestSupport
import Testing

/// `scripts/srdist-launch` with a stand-in for mpirun that ends as it is told.
@Suite struct LaunchTests {
  /// Runs the script; the stand-in's n-th start runs `commands` and ends with `statuses[n]`.
  private func launch(_ statuses: [Int], _ arguments: [String] = [], commands: String = "") throws -> (
    status: Int32, said: String, starts: [String]
  ) {
    let folder = try TemporaryFolder()
    let script = """
      #!/usr/bin/env bash
      printf '%s\\n' "$*" >>'\(folder.file("starts"))'
      \(commands)
      statuses=(\(statuses.map(String.init).joined(separator: " ")))
      exit "${statuses[$(wc -l <'\(folder.file("starts"))') - 1]}"
      """
    try Data(script.utf8).write(to: URL(fileURLWithPath: folder.file("mpirun")))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.file("mpirun"))
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments =
      [root.appendingPathComponent("scripts/srdist-launch").path, "-n", "2", "--program", "/bin/true"]
      + arguments
      + ["train", "--output", "runs/a"]
    process.environment = ["PATH": "\(folder.path):/usr/bin:/bin:/usr/sbin:/sbin"]
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let said = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    let starts = (try? String(contentsOfFile: folder.file("starts"), encoding: .utf8)) ?? ""
    return (process.terminationStatus, said, starts.split(separator: "\n").map(String.init))
  }

  @Test func crashedAndStalledJobsAreStartedAgainAndResume() throws {
    let run = try launch([137, 77, 0])
    #expect(run.status == 0 && run.starts.count == 3, "\(run.said)")
    #expect(!run.starts[0].contains("--resume") && run.starts[1].contains("--resume auto"))
    #expect(run.starts.allSatisfy { $0.contains("-n 2") && $0.contains("--expect-ranks 2") })
    #expect(run.said.contains("the watchdog ended a stalled job (77)"))
  }

  @Test(arguments: [75, 1, 64])
  func requestedStopsAndMistakesArePassedThrough(_ status: Int) throws {
    let run = try launch([status, 0])
    #expect(run.status == Int32(status) && run.starts.count == 1, "\(run.said)")
  }

  /// A crash of mpirun leaves a rank behind that is stopped: it cannot notice.
  @Test func whatAJobLeavesBehindIsEnded() throws {
    let folder = try TemporaryFolder()
    let run = try launch(
      [139, 0],
      commands: """
        scratch=$(sed 's/.*orte_tmpdir_base \\([^ ]*\\).*/\\1/' <<<"$*")
        PMIX_SERVER_TMPDIR=$scratch/ompi setsid sleep 600 </dev/null >/dev/null 2>&1 &
        until grep -qsF "$scratch/ompi" /proc/$!/environ; do sleep 0.01; done
        kill -STOP $!
        echo $! >>'\(folder.file("left"))'
        """)
    #expect(run.status == 0 && run.starts.count == 2, "\(run.said)")
    let left = try String(contentsOfFile: folder.file("left"), encoding: .utf8).split(separator: "\n")
    #expect(left.count == 2)
    for process in left {
      // One that nobody has waited for yet has no command line any more.
      let command = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
      #expect(command.isEmpty, "\(process) lives on")
    }
  }

  @Test func startsAreLimited() throws {
    let run = try launch([139, 139, 139], ["--tries", "2"])
    #expect(run.status == 70 && run.starts.count == 2, "\(run.said)")
  }
}
