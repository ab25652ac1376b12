import Logging
import SRDistributed
import SRKernels
import SRLayers
import SRReport

/// A training run on one rank, from the first agreement to the last checkpoint.
package struct TrainingRun {
  package let configuration: TrainingConfiguration
  let communicator: Communicator
  let kernels: any KernelSet
  let logger: Logger
  /// The file for the first step's gradient, for comparisons with other programs. Nil for none.
  package var gradientDump: String?
  /// What this rank is doing, for the watchdog and, if there is one, the trace.
  package var activity = RankActivity()
  /// Called on every rank after the last step, while the watchdog still watches. Collective.
  package var onEnd: () throws -> Void = {}
  /// Watches every layer's passes, in debug mode.
  var observer: (any LayerObserver)?
  /// The most pairs that debug mode uses.
  var imageLimit: (train: Int, valid: Int)?
  /// Receives the progress after each step, on rank 0.
  package var onStep: (TrainingProgress) -> Void = { _ in }
  /// Receives a report about a rank that blocks the job, just before the job is ended.
  package var onStall: @Sendable (StallReport) -> Void = { _ in }

  package init(
    _ configuration: TrainingConfiguration, communicator: Communicator, kernels: any KernelSet, logger: Logger
  ) {
    self.configuration = configuration
    self.communicator = communicator
    self.kernels = kernels
    self.logger = logger
  }

  /// Trains until the last epoch or `max-steps`, or until a signal asks to stop (see ``RunRequests``). Collective.
  ///
  /// If the start fails, throws the same error on every rank. Later a failing rank throws alone, and its caller aborts the job.
  package func run() throws -> RunOutcome {
    let watchdog = try startWatchdog()
    defer { watchdog?.end() }
    var started = try start(createsFiles: true)
    let run = started.run
    defer { run.pool.close() }
    defer { withExtendedLifetime(started.lock) {} }
    let recorder = try communicator.together(starting: activity) {
      communicator.rank == 0
        ? try RunRecorder(
          run, folder: started.folder, inputs: started.inputs, position: started.position, logger: logger)
        : nil
    }
    let loop = try TrainingLoop(
      run: run, step: started.step, recorder: recorder, logger: logger, gradientDump: gradientDump,
      onStep: onStep)
    let outcome = try loop.run(&started.position)
    activity.enter(.ending)
    try onEnd()
    try communicator.barrier()
    return outcome
  }

  /// What ``run()`` would do and need. Throws the errors with which the run would not start. Creates and changes no file.
  /// Collective.
  package func plan() throws -> TrainingPlan {
    let watchdog = try startWatchdog()
    defer { watchdog?.end() }
    let started = try start(createsFiles: false)
    defer { started.run.pool.close() }
    activity.enter(.ending)
    try communicator.barrier()
    return TrainingPlan(started.run, position: started.position)
  }

  private func startWatchdog() throws -> Watchdog? {
    try configuration.stallTimeout.map {
      try Watchdog(communicator, watching: activity, stallTimeout: $0, report: onStall)
    }
  }
}
