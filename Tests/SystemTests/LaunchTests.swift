import Foundation
import SRTestSupport
import Testing

/// `scripts/srdist-launch` with a stand-in for mpirun that ends with given statuses.
@Suite struct LaunchTests {
  /// Runs the script. The stand-in's n-th start runs `commands`, and ends with `statuses[n]`.
  private func launch(
    _ statuses: [Int], _ arguments: [String] = [], command: [String] = ["train", "--output", "runs/a"],
    commands: String = "", exitPatience: Int = 300
  ) throws -> (status: Int32, said: String, starts: [String]) {
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
    let run = try ChildRun(
      "/bin/bash",
      [Repository.file("scripts/srdist-launch"), "-n", "2", "--program", "/bin/true"] + arguments + command,
      // No other host answers.
      environment: [
        "PATH": "\(folder.path):/usr/bin:/bin:/usr/sbin:/sbin", "SRDIST_SSH": "false",
        "SRDIST_EXIT_PATIENCE": "\(exitPatience)",
      ])
    let starts = (try? folder.text("starts")) ?? ""
    return (run.status, run.errors, starts.split(separator: "\n").map(String.init))
  }

  /// Open MPI 4.1's mpirun sometimes hangs after it has ended all ranks.
  @Test func anMpirunThatHangsWithoutRanksIsKilledAndTheJobStartedAgain() throws {
    // Only the first start hangs. The second has a child until its end.
    let hangs = """
      if [ $(wc -l <"${0%/*}/starts") = 1 ]; then (exit 3) & exec 9<> <(:); read -u 9; fi
      sleep 600 >/dev/null 2>&1 &
      trap "kill $!" EXIT
      """
    let run = try launch([0, 0], commands: hangs, exitPatience: 4)
    #expect(run.status == 0, "\(run.said)")
    #expect(run.said.contains("mpirun hangs, and its ranks have ended"), "\(run.said)")
    #expect(run.starts.count == 2 && run.starts[1].contains("--resume auto"))
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

  /// If mpirun crashes while a rank is stopped, the rank cannot notice, and is left behind.
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
      let process = try #require(Int32(process))
      try RunningProgram.wait(until: { !RunningProgram.isAlive(process) })
    }
  }

  @Test func startsAreLimited() throws {
    let run = try launch([139, 139, 139], ["--tries", "2"])
    #expect(run.status == 70 && run.starts.count == 2, "\(run.said)")
  }

  /// Expects that the script starts nothing and ends with the status for a wrong command line. `error` is its last line.
  private func expectRefusal(
    _ arguments: [String], command: [String] = ["train"], error: String,
    at place: SourceLocation = #_sourceLocation
  ) throws {
    let run = try launch([0], arguments, command: command)
    #expect(run.status == 64 && run.starts.isEmpty, "\(run.said)", sourceLocation: place)
    #expect(run.said.hasSuffix("srdist-launch: error: \(error)\n"), "\(run.said)", sourceLocation: place)
  }

  @Test(
    arguments: ["-n", "--threads", "--tries"],
    ["abc", "0", "-1", "1.5", "", "99999999999999999999"])
  func countsAreWholeNumbers(option: String, value: String) throws {
    try expectRefusal(
      [option, value], error: "\(option) is '\(value)', expected a whole number of at least 1")
  }

  /// To Bash, 08 is a malformed octal number.
  @Test func countsMayBeginWithZeros() throws {
    let run = try launch([139, 0], ["-n", "08", "--threads", "01", "--tries", "02"])
    #expect(run.status == 0 && run.starts.count == 2, "\(run.said)")
    #expect(run.starts.allSatisfy { $0.contains("-n 8 ") && $0.contains("--threads 1 ") })
  }

  @Test(arguments: ["--hostfile", "-n", "--threads", "--bind", "--tries", "--program", "--mpirun"])
  func optionsHaveValues(option: String) throws {
    try expectRefusal(
      [option], command: [], error: "\(option) is the last argument, expected a value after it")
  }

  @Test func commandLinesAreChecked() throws {
    try expectRefusal([], command: [], error: "there is no command, expected train ARGUMENTS...")
    try expectRefusal([], command: ["evaluate"], error: "srdist-launch starts 'train', not 'evaluate'")
    try expectRefusal(["--hosts", "2"], error: "unknown option --hosts")
    try expectRefusal(["--bind", "socket"], error: "--bind is 'socket', expected core, none or auto")
    try expectRefusal(["--hostfile", ""], error: "--hostfile is '', expected a path")
  }

  @Test(arguments: ["/nonexistent/srdist", "/", "/etc/passwd", "no-such-srdist"])
  func programsCanBeRun(path: String) throws {
    try expectRefusal(
      ["--program", path],
      error: "--program is '\(path)', expected an executable file on localhost, by path or on PATH")
  }

  /// A host that only starts the job need not have the program itself.
  @Test func programsOfOtherHostsAreNotSoughtHere() throws {
    let folder = try TemporaryFolder()
    let hostfile = try folder.write(Array("host.invalid slots=1".utf8), as: "hosts")
    let run = try launch([0], ["--hostfile", hostfile, "--program", "/nonexistent/srdist"])
    #expect(run.status == 69 && run.starts.isEmpty, "\(run.said)")
    #expect(run.said.hasSuffix("error: no host of host.invalid answers\n"), "\(run.said)")
  }

  @Test func hostfilesNameHosts() throws {
    let folder = try TemporaryFolder()
    let form = "lines NAME slots=RANKS"
    let missing = folder.file("missing")
    try expectRefusal(["--hostfile", missing], error: "the hostfile \(missing) does not exist")
    try expectRefusal(
      ["--hostfile", folder.path],
      error: "the hostfile \(folder.path) is a folder, expected a file with \(form)")
    for text in ["", "# localhost slots=2\n\n"] {
      let path = try folder.write(Array(text.utf8), as: "hosts")
      try expectRefusal(
        ["--hostfile", path], error: "the hostfile \(path) names no host, expected \(form)")
    }
  }

  @Test(arguments: ["abc", "-1", "0", "1.5", ""])
  func slotsAreWholeNumbers(slots: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("# One host.\nlocalhost slots=\(slots)\n".utf8), as: "hosts")
    try expectRefusal(
      ["--hostfile", path],
      error: "\(path), line 2: slots is '\(slots)', expected a whole number of at least 1")
  }

  @Test(arguments: ["slots 2", "slot=2", "2"])
  func hostsHaveSlotsOnly(settings: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("localhost \(settings)\n".utf8), as: "hosts")
    let first = settings.prefix { $0 != " " }
    try expectRefusal(
      ["--hostfile", path],
      error: "\(path), line 1: '\(first)' after the host's name, expected slots=RANKS")
  }

  @Test(arguments: [
    "localhost slots=2", "  localhost\tslots=02 max_slots=4 # two\r\n", "localhost\nlocalhost # one each\n",
  ])
  func hostfilesAreRead(text: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(text.utf8), as: "hosts")
    let run = try launch([0], ["--hostfile", path, "-n", "9"])
    #expect(run.status == 0 && run.starts.count == 1, "\(run.said)")
    #expect(run.starts.allSatisfy { $0.contains("--expect-ranks 2") }, "\(run.starts)")
  }
}
