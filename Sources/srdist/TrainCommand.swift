import ArgumentParser
import Logging
import SRCluster
import SRDistributed
import SRKernels
import SRTraining

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train SRResNet, SE-SRResNet or a compact network, on one process or many.",
    discussion: """
      Runs in one process, or on N ranks that share every batch. Any number of ranks gives the same weights to the bit.

        srdist train
        mpirun -n 4 srdist train --data faces --preset attention

      Settings come from the preset, then from the --config file, then from these options; later ones override earlier \
      ones. The defaults below apply to settings that none of these gives. If no preset, model or loss is given, the \
      preset is hybrid, the paper's third run. To resume a run that was stopped, repeat the command, with as many ranks \
      as you like.

      The run folder holds config.yaml, metrics.jsonl (a line per step and epoch), metrics.csv, checkpoints/ and \
      samples/.

      Signals: HUP, INT, TERM and USR1 stop the run after the current step, with a checkpoint and status 75. A second \
      one ends it at once. USR2 writes a checkpoint. To stop a job of many ranks, send USR1 or USR2 to mpirun, which \
      passes only these on and gives the ranks time. Status 77 means that a job that made no progress was ended.
      """)

  @Option(help: "\(Preset.names); `srdist presets` lists their settings.")
  var preset: String?
  @Option(
    help: "YAML file of settings, such as a run's config.yaml.", completion: .file(extensions: ["yaml"]))
  var config: String?
  @Flag(
    help:
      "Check everything that training needs, print the plan (parameters, memory, steps, shares, traffic) and exit. No file is written."
  )
  var dryRun = false
  @Flag(
    help:
      "Train two epochs on a small subset, check gradients by finite differences, show time and memory by layer."
  )
  var debug = false
  @Option(help: "Write the first step's gradient to this .safetensors file.", completion: .file())
  var dumpGradients: String?
  @Option(
    help: "Write what every rank did and when to this file, for Perfetto. Print where the time went.",
    completion: .file(extensions: ["json"]))
  var trace: String?
  @OptionGroup var expectation: ExpectationOptions
  @OptionGroup var options: TrainOptions

  func validate() throws {
    try ValidationError.checkPaths([
      "--config": config, "--dump-gradients": dumpGradients, "--trace": trace,
    ])
    let ofRuns: KeyValuePairs = [
      "--dump-gradients": dumpGradients != nil, "--trace": trace != nil, "--dry-run": dryRun,
    ]
    for (option, isGiven) in ofRuns where debug && isGiven {
      throw ValidationError(
        "--debug trains two short epochs of its own, without \(option); leave out one of them")
    }
  }

  func run() throws {
    try Job.run(
      logLevel: debug ? .debug : .info, takesRequests: !dryRun,
      stallTimeout: { try resolvedConfiguration().stallTimeout }
    ) { job in
      try expectation.expectation.check(job.communicator)
      let configuration = try job.communicator.together(starting: job.activity) {
        try resolvedConfiguration()
      }
      warnOfMissingBase(configuration, job)
      if dryRun {
        if let trace { try RunTrace.checkAccess(to: trace, job.communicator) }
        var run = TrainingRun(
          configuration, communicator: job.communicator, kernels: job.kernels,
          logger: .console(job.console, rank: job.communicator.rank, level: .warning))
        run.activity = job.activity
        run.gradientDump = dumpGradients
        let plan = try run.plan()
        if job.communicator.rank == 0, let plan { print(plan.description) }
        return
      }
      let ranks = "\(job.communicator.worldSize) rank(s) on \(job.communicator.nodeCount) host(s)"
      job.logger.info(
        "srdist \(srdistVersion): \(ranks), \(job.kernels.levelName) kernels, arithmetic version \(ArithmeticVersion.current)"
      )
      let outcome: RunOutcome
      if debug {
        var run = DebugRun(
          configuration, communicator: job.communicator, kernels: job.kernels, logger: job.logger)
        run.activity = job.activity
        run.onStep = job.console.show
        outcome = try run.run()
      } else {
        var run = TrainingRun(
          configuration, communicator: job.communicator, kernels: job.kernels, logger: job.logger)
        run.activity = job.activity
        run.gradientDump = dumpGradients
        if let trace { try record(&run, to: trace, job) }
        run.onStep = job.console.show
        outcome = try run.run()
      }
      job.console.endProgress()
      if outcome == .stopped { throw ExitCode(Job.stoppedStatus) }
    }
  }

  /// Records the run for `--trace`.
  private func record(_ run: inout TrainingRun, to path: String, _ job: Job) throws {
    let trace = try RunTrace(path: path, job.communicator)
    job.activity.record(to: trace.recorder)
    run.onEnd = {
      if let summary = try trace.finish(job.communicator, activity: job.activity) {
        for line in summary.description.split(separator: "\n") { job.logger.info("\(line)") }
      }
    }
  }

  /// The settings of the preset, the file and the options. Later ones override earlier ones.
  private func resolvedConfiguration() throws -> TrainingConfiguration {
    let file = try config.map { try SettingLayer(file: $0) }
    let given = options.layer
    let layers = [file, given].compactMap { $0 }
    func gives(_ setting: Setting) -> Bool { layers.contains { $0[setting] != nil } }
    let choosesModel = gives(.of(\.model)) || gives(.of(\.loss))
    let preset = try chosenPreset() ?? (choosesModel ? nil : Preset.standard)
    var configuration = try TrainingConfiguration(
      layers: [.environment] + (preset.map { [try $0.layer()] } ?? []) + layers)
    if !gives(.of(\.output)) {
      configuration.output = "runs/\(preset?.rawValue ?? configuration.model.rawValue)"
    }
    return configuration
  }

  /// A preset that trains another one's run further learns little in its few epochs without that run.
  private func warnOfMissingBase(_ configuration: TrainingConfiguration, _ job: Job) {
    guard configuration.initWeights == nil, let preset = preset.flatMap(Preset.init), let base = preset.base
    else {
      return
    }
    job.logger.warning(
      """
      --preset \(preset.rawValue) is made to train a run of --preset \(base.rawValue) further, and no --init-weights names \
      one: it begins with untrained weights
      """)
  }

  private func chosenPreset() throws -> Preset? {
    guard let preset else { return nil }
    guard let known = Preset(rawValue: preset) else {
      throw ConfigurationError(
        "--preset: '\(preset)' is not one of \(Preset.names)")
    }
    return known
  }
}
