import Foundation
import SRTestSupport
import Testing

/// `scripts/srdist-launch` with a stand-in for mpirun that ends with given statuses.
@Suite struct LaunchTests {
  /// They wait most of the time.
  private static let launches = ConcurrentRuns(atOnce: 16)

  /// Runs the script. The stand-in's n-th start runs a rank unless `startsRanks` is false, then `commands`, and ends with
  /// `statuses[n]`. `prefix` is a command that runs the script. The other hosts are reached by `ssh`, which reaches none.
  private func launch(
    _ statuses: [Int], _ arguments: [String] = [], command: [String] = ["train", "--output", "runs/a"],
    commands: String = "", exitPatience: Int = 300, startsRanks: Bool = true, prefix: [String] = [],
    ssh: String = "false", environment: [String: String] = [:]
  ) async throws -> (status: Int32, said: String, starts: [String]) {
    let folder = try TemporaryFolder()
    let script = """
      #!/usr/bin/env bash
      printf '%s\\n' "${*//$'\\n'/ }" >>'\(folder.file("starts"))'
      scratch=$(sed 's/.*orte_tmpdir_base \\([^ ]*\\)\\/mpi .*/\\1/' <<<"${*//$'\\n'/ }")
      rank() { while [ "$1" != sh ]; do shift; done; "$@" </dev/null; }
      \(startsRanks ? "rank \"$@\"" : "")
      \(commands)
      statuses=(\(statuses.map(String.init).joined(separator: " ")))
      exit "${statuses[$(wc -l <'\(folder.file("starts"))') - 1]}"
      """
    try folder.writeScript(script, as: "mpirun")
    let run = try await Self.launches.run(
      "/usr/bin/env",
      prefix + ["bash", Repository.file("scripts/srdist-launch"), "-n", "2", "--program", "/bin/true"]
        + arguments + command,
      environment: [
        "PATH": "\(folder.path):/usr/bin:/bin:/usr/sbin:/sbin", "SRDIST_SSH": ssh, "HERE": folder.path,
        "SRDIST_EXIT_PATIENCE": "\(exitPatience)",
      ].merging(environment) { $1 })
    let starts = (try? folder.text("starts")) ?? ""
    return (run.status, run.errors, starts.split(separator: "\n").map(String.init))
  }

  /// Open MPI 4.1's mpirun sometimes hangs after it has ended all ranks. It waits without end for a stopped rank whose peers
  /// have ended, and for ranks that never start.
  @Test(arguments: [
    "",
    #"sleep 600 >/dev/null 2>&1 & kill -STOP $!; touch "$scratch/ranks/$!""#,
    #"rm "$scratch"/ranks/*; sleep 600 >/dev/null 2>&1 &"#,
  ])
  func anMpirunThatHangsWithoutRanksIsKilledAndTheJobStartedAgain(_ left: String) async throws {
    // Only the first start hangs. In the second, a rank runs for longer than the patience, and mpirun ends right after the rank.
    let hangs = """
      if [ $(wc -l <"${0%/*}/starts") = 1 ]; then
        rank "$@"
        \(left)
        [ -z "$!" ] || echo $! >"$HERE/left"
        exec 9<> <(:); read -u 9
      fi
      for process in $(cat "$HERE/left" 2>/dev/null); do kill -9 $process; done
      sleep 600 >/dev/null 2>&1 & touch "$scratch/ranks/$!"
      sleep 4
      kill -9 $!
      exit 0
      """
    let run = try await launch([], commands: hangs, exitPatience: 1, startsRanks: false)
    #expect(run.status == 0, "\(run.said)")
    #expect(run.said.contains("mpirun hangs, and no rank runs"), "\(run.said)")
    #expect(run.starts.count == 2 && run.starts[1].contains("--resume auto"))
  }

  @Test func crashedAndStalledJobsAreStartedAgainAndResume() async throws {
    let run = try await launch([137, 77, 0])
    #expect(run.status == 0 && run.starts.count == 3, "\(run.said)")
    #expect(!run.starts[0].contains("--resume") && run.starts[1].contains("--resume auto"))
    #expect(run.starts.allSatisfy { $0.contains("-n 2") && $0.contains("--expect-ranks 2") })
    #expect(run.said.contains("the job stalled, or lost a connection between its ranks (77)"))
  }

  /// Open MPI 4.1 ends with 141 or 195 if a connection is lost, and with 205 or 255 if a host is. Open MPI 5 ends with 14 if a
  /// connection is lost.
  @Test(arguments: [14, 77, 134, 135, 136, 137, 139, 141, 143, 195, 205, 255])
  func lossesAreStartedAgain(_ status: Int) async throws {
    let run = try await launch([status, 0])
    #expect(run.status == 0 && run.starts.count == 2, "\(run.said)")
  }

  /// Such as a missing plugin (1), no home folder (139), or an mpirun that does nothing (0).
  @Test(arguments: [0, 1, 132, 137, 139, 205])
  func anMpirunThatStartsNoRankIsTriedTwice(_ status: Int) async throws {
    let run = try await launch([status, status, 0], startsRanks: false)
    #expect(run.status == 69 && run.starts.count == 2, "\(run.said)")
    #expect(
      run.said.hasSuffix(
        "error: mpirun ended before any rank started (\(status)), twice in a row; its messages are above\n"))
  }

  @Test func oneStartWithoutRanksIsForgiven() async throws {
    let commands = #"(($(wc -l <"${0%/*}/starts") % 2)) || rank "$@""#
    let run = try await launch([139, 137, 139, 0], commands: commands, startsRanks: false)
    #expect(run.status == 0 && run.starts.count == 4, "\(run.said)")
  }

  /// A program that is missing on one host is a mistake, and the message names the host.
  @Test func aMissingProgramIsNotStartedAgain() async throws {
    let run = try await launch(
      [0], commands: #"set -- "${@/#\/bin\/true/\/nonexistent\/srdist}"; rank "$@"; exit $?"#,
      startsRanks: false)
    #expect(run.status == 127 && run.starts.count == 1, "\(run.said)")
    #expect(run.said.contains("error: the program is /nonexistent/srdist, expected an executable file on "))
  }

  /// A host that accepts the connection and never answers must not be waited for without end.
  @Test func aHostThatSaysNothingIsLeftOut() async throws {
    let folder = try TemporaryFolder()
    let hostfile = try folder.write(Array("localhost\nsilent.invalid\n".utf8), as: "hosts")
    let ssh = try folder.writeScript("#!/bin/sh\nexec sleep 3000\n", as: "ssh")
    let run = try await launch(
      [0], ["--hostfile", hostfile], ssh: ssh, environment: ["SRDIST_ANSWER_PATIENCE": "10"])
    #expect(run.status == 0 && run.starts.count == 1, "\(run.said)")
    #expect(run.said.contains("silent.invalid does not answer: left out"), "\(run.said)")
  }

  /// Open MPI 5's mpirun ends with 0 although a host is gone and its ranks have not ended.
  @Test func aHostThatIsGoneAtTheEndIsALoss() async throws {
    let folder = try TemporaryFolder()
    let hostfile = try folder.write(Array("localhost\nnext.invalid\n".utf8), as: "hosts")
    // The other host answers until the job has ended.
    let ssh = try folder.writeScript(
      #"""
      #!/bin/sh
      while [ "$1" != -- ]; do shift; done
      shift 2
      [ -e "$HERE/gone" ] || exec "$@"
      exit 255
      """#, as: "ssh")
    let run = try await launch([0, 0], ["--hostfile", hostfile], commands: #"touch "$HERE/gone""#, ssh: ssh)
    #expect(run.status == 0 && run.starts.count == 2, "\(run.said)")
    #expect(run.said.contains("a host was lost (0)"), "\(run.said)")
    #expect(run.starts.last?.contains("--resume auto") == true)
  }

  /// What ssh says is repeated. To ssh, a name that begins with a dash would be an option.
  @Test func hostsAreNamesToSSH() async throws {
    let folder = try TemporaryFolder()
    let ssh = try folder.writeScript(
      #"""
      #!/bin/bash
      for word; do [ "$word" != -- ] || { echo "refused by $2 after --" >&2; exit 255; }; shift; done
      """#, as: "ssh")
    let hostfile = try folder.write(Array("far.invalid slots=2\n".utf8), as: "hosts")
    let run = try await launch([0], ["--hostfile", hostfile], ssh: ssh)
    #expect(run.status == 69 && run.said.contains("(refused by far.invalid after --)"), "\(run.said)")
    let options = try folder.write(Array("-oProxyCommand=true\n".utf8), as: "options")
    try await expectRefusal(
      ["--hostfile", options],
      error: "\(options), line 1: '-oProxyCommand=true' begins with '-', expected a host's name")
  }

  /// The job is asked for a checkpoint, once it can be asked. The stand-in is a rank that listens late.
  @Test(arguments: ["TERM", "INT", "HUP", "USR1"])
  func requestsStopTheJobWithACheckpoint(_ signal: String) async throws {
    let commands = """
      kill -\(signal) $PPID
      touch "$scratch/ranks/$$" "$scratch/ranks/1"
      sleep 1
      trap 'exit 75' USR1
      trap : USR2
      touch "$HERE/listens"
      rm "$scratch/ranks/1"
      # Two ranks are expected.
      (trap : USR1 USR2; touch "$scratch/ranks/$BASHPID"; while kill -0 $$ 2>/dev/null; do sleep 0.1; done) &
      while :; do sleep 0.1; done
      """
    let run = try await launch(
      [0], commands: commands, startsRanks: false, prefix: ["--default-signal=INT,HUP"])
    #expect(run.status == 75 && run.starts.count == 1, "\(run.said)")
  }

  /// A second request ends the job although it does nothing about the first.
  @Test func aSecondSignalEndsTheJobAtOnce() async throws {
    let commands = """
      trap '' USR1 USR2
      touch "$scratch/ranks/$$"
      kill -TERM $PPID
      sleep 1
      kill -TERM $PPID
      while :; do sleep 0.1; done
      """
    let run = try await launch([0], commands: commands, startsRanks: false)
    #expect(run.status == 143 && run.starts.count == 1, "\(run.said)")
    #expect(run.said.contains("told twice to end"), "\(run.said)")
  }

  /// As under nohup.
  @Test func anIgnoredHangUpStaysIgnored() async throws {
    let run = try await launch(
      [137, 0], commands: "kill -HUP $PPID; kill -HUP $$; sleep 0.5", prefix: ["--ignore-signal=HUP"])
    #expect(run.status == 0 && run.starts.count == 2, "\(run.said)")
  }

  /// A reader such as `head` may end, and a terminal may close.
  @Test func aClosedConsoleEndsNothing() async throws {
    let folder = try TemporaryFolder()
    let script = try folder.write(
      Array(#"set -o pipefail; { "$@"; echo $? >"$STATUS"; } 2>&1 | head -n 1"#.utf8), as: "script")
    let run = try await launch(
      [137, 77, 0], commands: "trap '' PIPE; echo said", prefix: ["bash", script],
      environment: ["STATUS": folder.file("status")])
    #expect(try run.starts.count == 3 && folder.text("status") == "0\n", "\(run.said)")
  }

  /// The folder's name cannot be guessed, and nobody else can read the folder. What killed launchers left is removed.
  @Test func theFolderIsTheLaunchersOwn() async throws {
    let mine = "/dev/shm/srdist-launch.test.\(UUID().uuidString)"
    let (old, held, young) = ("\(mine).old", "\(mine).held", "\(mine).young")
    for folder in [old, held, young] {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
      try Data().write(to: URL(fileURLWithPath: "\(folder)/lock"))
    }
    defer { for folder in [old, held, young] { try? FileManager.default.removeItem(atPath: folder) } }
    for folder in [old, held] {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -3600)], ofItemAtPath: folder)
    }
    let lock = try #require(FileHandle(forReadingAtPath: "\(held)/lock"))
    #expect(flock(lock.fileDescriptor, LOCK_SH | LOCK_NB) == 0)
    let notes = try TemporaryFolder()
    let run = try await launch(
      [0], commands: #"stat -c %a:%u "$scratch" >"$NOTES"; echo "$scratch" >>"$NOTES""#,
      environment: ["NOTES": notes.file("notes")])
    #expect(run.status == 0, "\(run.said)")
    let lines = try notes.text("notes").split(separator: "\n").map(String.init)
    #expect(lines[0] == "700:\(geteuid())")
    #expect(lines[1].split(separator: ".").last?.count == 12)
    let exists = FileManager.default.fileExists(atPath:)
    #expect(!exists(lines[1]) && !exists(old))
    #expect(exists(held) && exists(young))
    lock.closeFile()
  }

  @Test(arguments: [75, 1, 64])
  func requestedStopsAndMistakesArePassedThrough(_ status: Int) async throws {
    let run = try await launch([status, 0])
    #expect(run.status == Int32(status) && run.starts.count == 1, "\(run.said)")
  }

  /// If mpirun crashes while a rank is stopped, the rank cannot notice, and is left behind.
  @Test func whatAJobLeavesBehindIsEnded() async throws {
    let folder = try TemporaryFolder()
    let run = try await launch(
      [139, 0],
      commands: """
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

  @Test func startsAreLimited() async throws {
    let run = try await launch([139, 139, 139], ["--tries", "2"])
    #expect(run.status == 70 && run.starts.count == 2, "\(run.said)")
  }

  /// Expects that the script starts nothing and ends with the status for a wrong command line. `error` is its last line.
  private func expectRefusal(
    _ arguments: [String], command: [String] = ["train"], error: String,
    at place: SourceLocation = #_sourceLocation
  ) async throws {
    let run = try await launch([0], arguments, command: command)
    #expect(run.status == 64 && run.starts.isEmpty, "\(run.said)", sourceLocation: place)
    #expect(run.said.hasSuffix("srdist-launch: error: \(error)\n"), "\(run.said)", sourceLocation: place)
  }

  @Test(
    arguments: ["-n", "--threads", "--tries"],
    ["abc", "0", "-1", "1.5", "", "99999999999999999999"])
  func countsAreWholeNumbers(option: String, value: String) async throws {
    try await expectRefusal(
      [option, value], error: "\(option) is '\(value)', expected a whole number of at least 1")
  }

  /// To Bash, 08 is a malformed octal number.
  @Test func countsMayBeginWithZeros() async throws {
    let run = try await launch([139, 0], ["-n", "08", "--threads", "01", "--tries", "02"])
    #expect(run.status == 0 && run.starts.count == 2, "\(run.said)")
    #expect(run.starts.allSatisfy { $0.contains("-n 8 ") && $0.contains("--threads 1 ") })
  }

  @Test(arguments: ["--hostfile", "-n", "--threads", "--bind", "--tries", "--program", "--mpirun"])
  func optionsHaveValues(option: String) async throws {
    try await expectRefusal(
      [option], command: [], error: "\(option) is the last argument, expected a value after it")
  }

  @Test func commandLinesAreChecked() async throws {
    try await expectRefusal([], command: [], error: "there is no command, expected train ARGUMENTS...")
    try await expectRefusal([], command: ["evaluate"], error: "srdist-launch starts 'train', not 'evaluate'")
    try await expectRefusal(["--hosts", "2"], error: "unknown option --hosts")
    try await expectRefusal(["--bind", "socket"], error: "--bind is 'socket', expected core, none or auto")
    try await expectRefusal(["--hostfile", ""], error: "--hostfile is '', expected a path")
  }

  @Test(arguments: ["/nonexistent/srdist", "/", "/etc/passwd", "no-such-srdist"])
  func programsCanBeRun(path: String) async throws {
    try await expectRefusal(
      ["--program", path],
      error: "--program is '\(path)', expected an executable file on localhost, by path or on PATH")
  }

  /// A host that only starts the job need not have the program itself.
  @Test func programsOfOtherHostsAreNotSoughtHere() async throws {
    let folder = try TemporaryFolder()
    let hostfile = try folder.write(Array("host.invalid slots=2".utf8), as: "hosts")
    let run = try await launch([0], ["--hostfile", hostfile, "--program", "/nonexistent/srdist"])
    #expect(run.status == 69 && run.starts.isEmpty, "\(run.said)")
    #expect(run.said.hasSuffix("error: no host of host.invalid answers\n"), "\(run.said)")
  }

  @Test func hostfilesNameHosts() async throws {
    let folder = try TemporaryFolder()
    let form = "lines NAME slots=RANKS"
    let missing = folder.file("missing")
    try await expectRefusal(["--hostfile", missing], error: "the hostfile \(missing) does not exist")
    try await expectRefusal(
      ["--hostfile", folder.path],
      error: "the hostfile \(folder.path) is a folder, expected a file with \(form)")
    for text in ["", "# localhost slots=2\n\n"] {
      let path = try folder.write(Array(text.utf8), as: "hosts")
      try await expectRefusal(
        ["--hostfile", path], error: "the hostfile \(path) names no host, expected \(form)")
    }
  }

  @Test(arguments: ["abc", "-1", "0", "1.5", ""])
  func slotsAreWholeNumbers(slots: String) async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("# One host.\nlocalhost slots=\(slots)\n".utf8), as: "hosts")
    try await expectRefusal(
      ["--hostfile", path],
      error: "\(path), line 2: slots is '\(slots)', expected a whole number of at least 1")
  }

  @Test(arguments: ["slots 2", "slot=2", "2"])
  func hostsHaveSlotsOnly(settings: String) async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("localhost \(settings)\n".utf8), as: "hosts")
    let first = settings.prefix { $0 != " " }
    try await expectRefusal(
      ["--hostfile", path],
      error: "\(path), line 1: '\(first)' after the host's name, expected slots=RANKS")
  }

  @Test(arguments: [
    "localhost slots=2", "  localhost\tslots=02 max_slots=4 # two\r\n", "localhost\nlocalhost # one each\n",
  ])
  func hostfilesAreRead(text: String) async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(text.utf8), as: "hosts")
    let run = try await launch([0], ["--hostfile", path])
    #expect(run.status == 0 && run.starts.count == 1, "\(run.said)")
    #expect(run.starts.allSatisfy { $0.contains("--expect-ranks 2") }, "\(run.starts)")
    #expect(run.said.contains("2 ranks of ") && run.said.contains("on 1 host(s): localhost "), "\(run.said)")
    try await expectRefusal(
      ["--hostfile", path, "-n", "3"], error: "-n is 3, and \(path) has 2 slots; raise slots=RANKS")
  }

  /// Its own options override those after `train`.
  @Test func threadsMayStandAfterTrain() async throws {
    for option in [["--threads", "3"], ["--threads=03"]] {
      let run = try await launch([0], command: ["train"] + option)
      #expect(run.status == 0 && run.starts[0].hasSuffix("--threads 3 --expect-ranks 2"), "\(run.starts)")
    }
    try await expectRefusal(
      ["--threads", "2"], command: ["train", "--threads", "3"],
      error: "--threads is 2 before train and 3 after it; give one of them")
    try await expectRefusal(
      [], command: ["train", "--threads", "x"],
      error: "--threads is 'x', expected a whole number of at least 1")
    try await expectRefusal(
      [], command: ["train", "--expect-ranks", "2"],
      error: "--expect-ranks is srdist-launch's own; give -n RANKS before train")
  }
}
