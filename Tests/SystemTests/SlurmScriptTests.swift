import Foundation
import SRTestSupport
import Testing

/// `deploy/slurm/*.sbatch` with stand-ins for the launcher and for Slurm's commands.
@Suite struct SlurmScriptTests {
  /// Runs a script whose job runs `commands`. When the job says that it is ready, the script gets `signal`.
  ///
  /// - Parameter early: whether the script gets USR1 as soon as it has started the job, before it knows the job's number.
  /// - Parameter restarts: how often the job was queued again.
  private func submit(
    _ way: String, signal: Int32? = nil, early: Bool = false, restarts: Int = 0, job commands: String
  ) throws -> (status: Int32, requeued: Bool, given: String) {
    let folder = try TemporaryFolder()
    func stand(in name: String, _ commands: String) throws {
      try folder.writeScript("#!/usr/bin/env bash\ncd '\(folder.path)'\n\(commands)\n", as: name)
    }
    try stand(in: way, "echo $$ >pid\necho \"$*\" >given\n\(commands)")
    // Returns when the job has ended, and its parent has noticed the end.
    try stand(
      in: "scancel",
      "kill -USR1 $(<pid); for try in {1..2000}; do kill -0 $(<pid) 2>/dev/null || exit 0; /bin/sleep 0.05; done"
    )
    try stand(in: "scontrol", #"echo "$*" >requeued"#)
    try stand(in: "sleep", "")

    let script = Process()
    script.executableURL = URL(fileURLWithPath: "/bin/bash")
    script.arguments = [Repository.file("deploy/slurm/train-\(way).sbatch"), "--resume", "runs/a"]
    script.environment = [
      "PATH": "\(folder.path):/usr/bin:/bin", "SLURM_NTASKS": "2", "SLURM_NNODES": "1", "SLURM_JOB_ID": "7",
    ]
    if restarts > 0 { script.environment?["SLURM_RESTART_COUNT"] = "\(restarts)" }
    if early {
      let commands =
        #"trap 'if [[ $BASH_COMMAND == "job=\$!" ]]; then until [[ -e \#(folder.file("ready")) ]]; do /bin/sleep 0.01; done; kill -USR1 $$; fi' DEBUG"#
      try folder.write(Array((commands + "\n").utf8), as: "early")
      script.environment?["BASH_ENV"] = folder.file("early")
    }
    script.standardOutput = FileHandle.nullDevice
    script.standardError = FileHandle.nullDevice
    try script.runWithSignals()
    if let signal {
      while script.isRunning, !FileManager.default.fileExists(atPath: folder.file("ready")) {
        Thread.sleep(forTimeInterval: 0.01)
      }
      kill(script.processIdentifier, signal)
    }
    script.waitUntilExit()
    return (script.terminationStatus, try folder.names().contains("requeued"), try folder.text("given"))
  }

  /// `scancel` takes some time, so the job may end before the script's trap returns.
  @Test(arguments: ["mpirun", "srun"], [SIGUSR1, SIGTERM])
  func aJobThatStopsOnRequestIsQueuedAgain(way: String, signal: Int32) throws {
    let ended = try submit(
      way, signal: signal,
      job: "trap 'exit 75' USR1; touch ready; for try in {1..3000}; do /bin/sleep 0.02; done")
    #expect(ended.status == 75 && ended.requeued)
  }

  @Test(arguments: ["mpirun", "srun"])
  func aSignalWhileTheJobIsStartedIsNotLost(way: String) throws {
    let ended = try submit(
      way, early: true,
      job: "trap 'exit 75' USR1; touch ready; for try in {1..3000}; do /bin/sleep 0.02; done")
    #expect(ended.status == 75 && ended.requeued)
  }

  /// The first start may be given another run's checkpoint. The next one has a run of its own.
  @Test(arguments: ["mpirun", "srun"]) func aJobThatIsQueuedAgainResumesItsOwnRun(way: String) throws {
    #expect(try submit(way, job: "exit 0").given.contains("--resume runs/a --expect-ranks 2"))
    #expect(
      try submit(way, restarts: 1, job: "exit 0").given.contains(
        "--resume runs/a --resume auto --expect-ranks 2"))
  }

  /// A loss (77, and from 128) is queued again, a mistake is not.
  @Test(arguments: ["mpirun", "srun"], [0, 1, 64, 77, 137, 139, 141, 195, 205, 255])
  func theJobsStatusIsTheScripts(way: String, status: Int32) throws {
    let ended = try submit(way, job: "exit \(status)")
    #expect(ended.status == status && ended.requeued == (status >= 77))
  }
}
