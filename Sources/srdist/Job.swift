import ArgumentParser
import Logging
import SRDistributed
import SRKernelDispatch
import SRKernels
import SRTraining

/// What every command that computes needs: kernels for this CPU, the job's ranks, a console and a logger that prints on
/// that console.
struct Job {
  let communicator: Communicator
  let level: CPULevel
  let kernels: any KernelSet
  let console: Console
  let logger: Logger

  /// The exit status of a job that stopped on request with a checkpoint: `EX_TEMPFAIL`, "try again later".
  static let stoppedStatus: Int32 = 75

  /// Starts MPI if a launcher started this process, and runs `body` on every rank.
  ///
  /// If all ranks throw the same error, rank 0 alone prints it. If one rank alone throws an error, that rank prints the
  /// error and ends the whole job.
  static func run(logLevel: Logger.Level = .info, _ body: (Job) throws -> Void) throws {
    let console = Console()
    let level: CPULevel
    let communicator: Communicator
    do {
      level = try CPULevel.selected()
      BLASCore.use(level)
      communicator = try Communicator.world()
    } catch {
      console.complain(error)
      throw ExitCode.failure
    }
    let job = Job(
      communicator: communicator, level: level, kernels: level.kernels, console: console,
      logger: .console(console, rank: communicator.rank, level: logLevel))
    do {
      try body(job)
    } catch let error as ExitCode {
      throw error
    } catch {
      try job.fail(error)
    }
  }

  /// Exits with `status`, together with all ranks: a launcher takes a rank that exits early for a failed one.
  func exit(_ status: Int32) throws -> Never {
    try communicator.finalize()
    throw ExitCode(status)
  }

  private func fail(_ error: any Error) throws {
    let isShared = communicator.worldSize == 1 || error is any CommonFailure
    if isShared {
      if communicator.rank == 0 { console.complain(error) }
      // All ranks exit together. If one exits early, the launcher kills the others before their output is complete.
      try? communicator.finalize()
      throw ExitCode.failure
    }
    console.complain("rank \(communicator.rank) on \(communicator.hostName): \(error)")
    communicator.abort(1)
  }
}
