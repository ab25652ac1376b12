import ArgumentParser
import Foundation
import SRDistributed
import SRFiles
import SRProcess
import SRTraining

@main
struct Srdist: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "srdist",
    abstract:
      "Distributed trainer of SE-SRResNet: 32x32 faces to 128x128, the same bits on any number of ranks.",
    version: srdistVersion,
    subcommands: [
      PrepareCommand.self, DegradeCommand.self, TrainCommand.self, EvaluateCommand.self, UpscaleCommand.self,
      ExportCommand.self, PresetsCommand.self, ImportConfigCommand.self,
      InspectCommand.self,
      ReportCommand.self, DoctorCommand.self, PlanCommand.self,
    ])

  /// Reads the options before MPI starts. The first rank alone prints the help, or an error in the options. The other ranks
  /// wait until it has done so: if one of them fails first, the launcher ends all ranks.
  static func main() {
    ProcessStart.prepare()
    do {
      var command = try parseAsRoot()
      try command.run()
      finishOutput(status: .success)
    } catch {
      let status = exitCode(for: error)
      if Communicator.launchedRank > 0 && !(error is ExitCode) {
        if status != .success { Thread.sleep(forTimeInterval: 2) }
        Foundation.exit(status.rawValue)
      }
      // An exit code was chosen by whoever has printed the reason.
      if !(error is ExitCode) {
        // Help is no error.
        if status == .success {
          print(fullMessage(for: error))
        } else {
          Console().complain(error, of: Self.self)
        }
      }
      finishOutput(status: status)
    }
  }

  /// Ends the process. If what was printed did not get to standard output, the status says so.
  private static func finishOutput(status: ExitCode) -> Never {
    do {
      try StandardOutput.finish()
    } catch {
      Console().complain(error)
      if status == .success { Foundation.exit(ExitCode.failure.rawValue) }
    }
    Foundation.exit(status.rawValue)
  }

  /// Whether this is one of several ranks that were started by the same command line.
  static var hasLikeRanks: Bool {
    // mpirun starts several commands with colons between them.
    ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_NTASKS"].contains { environmentNumber($0) > 1 }
      && ProcessInfo.processInfo.environment.keys.contains { $0.hasSuffix("_RANK") }
      && environmentNumber("OMPI_NUM_APP_CTX") <= 1
  }

  private static func environmentNumber(_ name: String) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? 0
  }
}
