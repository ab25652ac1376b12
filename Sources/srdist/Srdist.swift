import ArgumentParser
import Foundation
import SRDistributed
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
      PrepareCommand.self, TrainCommand.self, EvaluateCommand.self, PresetsCommand.self, InspectCommand.self,
      ReportCommand.self, DoctorCommand.self, PlanCommand.self,
    ])

  /// Reads the options before MPI starts. The first rank alone prints the help, or an error in the options. The other ranks
  /// wait until it has done so: if one of them fails first, the launcher ends all ranks.
  static func main() {
    ProcessStart.prepare()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      if Communicator.launchedRank > 0 && !(error is ExitCode) {
        if exitCode(for: error) != .success { Thread.sleep(forTimeInterval: 2) }
        Foundation.exit(exitCode(for: error).rawValue)
      }
      exit(withError: error)
    }
  }
}
