import ArgumentParser

/// The command line's root.
@main struct Srdist: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "srdist",
    abstract: "Trains SE-SRResNet, image super-resolution by a factor of four, on any number of MPI ranks.",
    subcommands: [])
}
