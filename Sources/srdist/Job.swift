import ArgumentParser
import Logging
import SRDistributed
import SRKernelDispatch
import SRKernels
import SRProcess
import SRTraining

/// What every command that computes needs: kernels for this CPU, the job's ranks, a console and a logger that prints on
/// that console.
struct Job {
  let communicator: Communicator
  let level: CPULevel
  let kernels: any KernelSet
  let console: Console
  let logger: Logger
  /// What this rank is doing, for the watchdog.
  let activity: RankActivity
  private let watchdog: Watchdog?

  /// The exit status of a job that stopped on request with a checkpoint: `EX_TEMPFAIL`, "try again later".
  static let stoppedStatus: Int32 = 75

  /// Starts MPI if a launcher started this process, and runs `body` on every rank. A watchdog and a timer end a job that makes
  /// no progress.
  ///
  /// If `body` throws an `ExitCode`, it does so on all ranks. If all ranks throw the same error, rank 0 alone prints it. If one
  /// rank alone throws an error, that rank prints the error and ends the whole job.
  ///
  /// - Parameters:
  ///   - takesRequests: signals ask the run to stop or to write a checkpoint, and do not end the process (``RunRequests``).
  ///   - stallTimeout: seconds; nil for never.
  static func run(
    logLevel: Logger.Level = .info, takesRequests: Bool = false, stallTimeout: () throws -> Double?,
    _ body: (Job) throws -> Void
  ) throws {
    let console = Console()
    let job: Job
    do {
      let level = try CPULevel.selected()
      if takesRequests { RunRequests.listen() } else { StopSignals.release() }
      let limit: Double?
      do {
        limit = try stallTimeout()
      } catch {
        // `body` finds the same error.
        limit = TrainingConfiguration().stallTimeout
      }
      job = try Job(level, console, logLevel, stallTimeout: limit)
    } catch {
      console.complain(error)
      throw error is MPIError ? ExitCode(Int32(Watchdog.exitStatus)) : ExitCode.failure
    }
    var status: ExitCode?
    do {
      do { try body(job) } catch let chosen as ExitCode { status = chosen }
      try job.leave()
    } catch {
      try job.fail(error)
    }
    if let status { throw status }
  }

  private init(
    _ level: CPULevel, _ console: Console, _ logLevel: Logger.Level, stallTimeout: Double?
  ) throws {
    self.level = level
    self.console = console
    kernels = level.kernels
    let activity = RankActivity()
    self.activity = activity
    if let stallTimeout {
      try StallTimer.start(watching: activity, stallTimeout: stallTimeout) {
        console.complain("\($0). Ending the job.")
      }
    }
    communicator = try Communicator.world()
    logger = .console(console, rank: communicator.rank, level: logLevel)
    watchdog = try Watchdog(communicator, watching: activity, stallTimeout: stallTimeout) {
      console.complain("watchdog: \($0). Ending the job.")
    }
  }

  /// Ends MPI, together with all ranks. A launcher takes a rank that exits early for a failed one, and kills the others before
  /// their output is complete. A watchdog takes such a rank for a silent one. So the ranks meet first.
  private func leave() throws {
    activity.enter(.ending)
    try communicator.barrier()
    watchdog?.end()
    try communicator.finalize()
  }

  private func fail(_ error: any Error) throws {
    let isShared = (communicator.worldSize == 1 && !(error is MPIError)) || error is any CommonFailure
    if isShared {
      if communicator.rank == 0 { console.complain(error) }
      try? leave()
      throw ExitCode.failure
    }
    // If MPI fails, a connection or another rank is lost. Then another start can help.
    communicator.abort(error is MPIError ? Watchdog.exitStatus : 1) {
      console.complain("rank \(communicator.rank) on \(communicator.hostName): \(error)")
    }
  }
}
