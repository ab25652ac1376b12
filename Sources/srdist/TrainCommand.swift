import ArgumentParser
import Logging
import SRCluster
import SRDistributed
import SRKernelDispatch
import SRTraining

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train SRResNet or SE-SRResNet, on one process or many.",
    discussion: """
      Alone, or on N ranks, which share every batch and end with the same weights to the bit:

        srdist train
        mpirun -n 4 srdist train --data faces --preset attention

      Settings come from the preset, then the --config file, then these options, the last winning; the defaults below \
      are of settings that none of them gives. Without a preset, model or loss the preset is hybrid, the paper's third \
      run. A run that was stopped goes on where it was: repeat \
      the command, with as many ranks as you like.

      The run folder holds config.yaml, metrics.jsonl (a line per step and epoch), metrics.csv, checkpoints/ and \
      samples/.

      Signals (mpirun passes them on): USR1 and TERM stop at the next step with a checkpoint and status 75; USR2 \
      writes a checkpoint. Status 77: the watchdog ended a job that got no further.
      """)

  @Option(help: "vanilla, attention, hybrid or best; `srdist presets` lists their settings.")
  var preset: String?
  @Option(
    help: "YAML file of settings, such as a run's config.yaml.", completion: .file(extensions: ["yaml"]))
  var config: String?
  @Flag(help: "Print the plan (parameters, memory, steps, shares, traffic) and end.")
  var dryRun = false
  @Flag(help: "Small subset, two epochs, gradients checked by finite differences, times and memory by layer.")
  var debug = false
  @Option(help: "Write the first step's gradient to this .safetensors file.", completion: .file())
  var dumpGradients: String?
  @Option(
    help: "Write what every rank did and when to this file, for Perfetto, and print where the time went.",
    completion: .file(extensions: ["json"]))
  var trace: String?
  @OptionGroup var expectation: ExpectationOptions
  @OptionGroup var options: TrainOptions

  func validate() throws {
    try ValidationError.checkPaths([
      "--config": config, "--dump-gradients": dumpGradients, "--trace": trace,
    ])
  }

  func run() throws {
    RunRequests.listen()
    try Job.run(logLevel: debug ? .debug : .info) { job in
      try expectation.expectation.check(job.communicator)
      let configuration = try job.communicator.together { try resolvedConfiguration() }
      if dryRun {
        let plan = try job.communicator.together {
          try TrainingPlan(configuration, communicator: job.communicator, kernels: job.kernels)
        }
        if job.communicator.rank == 0 { print(plan.description) }
        return
      }
      let ranks = "\(job.communicator.worldSize) rank(s) on \(job.communicator.nodeCount) host(s)"
      job.logger.info(
        "srdist \(srdistVersion): \(ranks), \(job.kernels.levelName) kernels, OpenBLAS \(BLASCore.name)")
      let onStall: @Sendable (StallReport) -> Void = { [console = job.console] in
        console.complain("watchdog: \($0). Ending the job.")
      }
      let outcome: RunOutcome
      if debug {
        var run = DebugRun(
          configuration, communicator: job.communicator, kernels: job.kernels, logger: job.logger)
        run.onStep = job.console.show
        run.onStall = onStall
        outcome = try run.run()
      } else {
        var run = TrainingRun(
          configuration, communicator: job.communicator, kernels: job.kernels, logger: job.logger)
        run.gradientDump = dumpGradients
        if let trace { try record(&run, to: trace, job) }
        run.onStep = job.console.show
        run.onStall = onStall
        outcome = try run.run()
      }
      job.console.endProgress()
      if outcome == .stopped { try job.exit(Job.stoppedStatus) }
    }
  }

  /// Records the run for `--trace`.
  private func record(_ run: inout TrainingRun, to path: String, _ job: Job) throws {
    let trace = try RunTrace(path: path, job.communicator)
    run.activity = RankActivity(trace: trace.recorder)
    run.onEnd = {
      if let summary = try trace.finish(job.communicator) { job.logger.info("\(summary)") }
    }
  }

  /// Preset, file and options, one over the other.
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

  private func chosenPreset() throws -> Preset? {
    guard let preset else { return nil }
    guard let known = Preset(rawValue: preset) else {
      throw ConfigurationError(
        "--preset: '\(preset)' is not one of \(Preset.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return known
  }
}
