import ArgumentParser
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
}
