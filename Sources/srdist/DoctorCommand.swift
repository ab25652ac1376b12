import ArgumentParser
import SRCluster
import SRDistributed
import SRTraining

/// `srdist doctor`: shows what a job would run on, and what is wrong with it.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract:
      "Examine this host, or a job under the same launcher: ranks, binding, links, libraries, weights.",
    discussion: """
      If something is wrong, it says what to do about it and exits with status 1. On several hosts it also measures an \
      exchange of gradients while the workers compute, and prints the result as options for `srdist plan`.

        srdist doctor
        mpirun -n 4 --hostfile hostfiles/two-hosts srdist doctor --expect-hosts 2
      """)

  @OptionGroup var settings: SettingOptions<HostSettings>
  @OptionGroup var expectation: ExpectationOptions

  /// The settings that make sense without a run.
  private var configuration: TrainingConfiguration {
    get throws { try TrainingConfiguration(layers: [.environment, settings.layer]) }
  }

  func validate() throws {
    do {
      _ = try configuration
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func run() throws {
    try Job.run(stallTimeout: { try configuration.stallTimeout }) { job in
      try expectation.expectation.check(job.communicator)
      let configuration = try configuration
      let own = RankReport(
        job.communicator, kernels: job.kernels, threads: configuration.threads,
        weightsDirectory: configuration.weightsDir)
      // From here on, ranks wait for each other.
      job.activity.enter(.gathering)
      let reports = try job.communicator.allGather(own)
      let links = try LinkProbe.measure(job.communicator, progress: job.activity.mark)
      let exchange = try ExchangeProbe.measure(
        job.communicator, threads: own.threads, progress: job.activity.mark,
        add: { [kernels = job.kernels] in kernels.accumulate($1, into: $0, count: $2) })
      let diagnosis = Diagnosis(reports, links: links, exchange: exchange)
      if job.communicator.rank == 0 { print(diagnosis.description) }
      if !diagnosis.problems.isEmpty { throw ExitCode.failure }
    }
  }
}

/// The size that a job must have. A job of another size does not start.
struct ExpectationOptions: ParsableArguments {
  @Option(help: "Refuse to start unless the job has this many ranks.")
  var expectRanks: Int?
  @Option(help: "Refuse to start unless the job has this many hosts.")
  var expectHosts: Int?

  var expectation: JobExpectation { JobExpectation(ranks: expectRanks, hosts: expectHosts) }
}
