import ArgumentParser
import Logging
import SRDistributed
import SRKernelDispatch
import SRKernels
import SRTraining

/// What every command that computes starts with: kernels for this CPU, the ranks of the job, a console and its
/// logger.
struct Job {
  let communicator: Communicator
  let level: CPULevel
  let kernels: any KernelSet
  let console: Console
  let logger: Logger

  /// The exit status of a job that stopped on request with a checkpoint: `EX_TEMPFAIL`, "try again later".
  static let stoppedStatus: Int32 = 75

  /// Starts MPI where a launcher started this process, and runs `body` on every rank.
  ///
  /// An error that all ranks share is printed by rank 0 alone; one that a rank meets alone is printed by it and ends
  /// the whole job.
  static func run(logLevel: Logger.Level = .info, _ body: (Job) throws -> Void) throws {
    let console = Console()
    let level: CPULevel
    let communicator: Communicator
    do {
      level = try CPULevel.selected()
      BLASCore.use(level)
      communicator = try Communicator.world()
    } catch {
      console.complain("\(error)")
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

  /// Leaves with a status of its own, together with all ranks: those that exit early would be taken for failed.
  func exit(_ status: Int32) throws -> Never {
    try communicator.finalize()
    throw ExitCode(status)
  }

  private func fail(_ error: any Error) throws {
    let isShared = communicator.worldSize == 1 || error is any CommonFailure
    if isShared {
      if communicator.rank == 0 { console.complain("\(error)") }
      // Ranks leave together: a launcher that sees one exit early kills the others in mid-sentence.
      try? communicator.finalize()
      throw ExitCode.failure
    }
    console.complain("rank \(communicator.rank) on \(communicator.hostName): \(error)")
    communicator.abort(1)
  }
}
