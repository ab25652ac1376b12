import Logging
import SRDistributed
import SRFiles
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
  /// A signal that comes before the first step ends the start as soon as all ranks meet.
  /// If the start fails, throws the same error on every rank. Later a failing rank throws alone, and its caller aborts the job.
  package func run() throws -> RunOutcome {
    guard var started = try start(createsFiles: true) else { return .stopped }
    let run = started.run
    defer { run.pool.close() }
    defer { withExtendedLifetime(started.lock) {} }
    let recorder = try communicator.together(starting: activity) {
      communicator.rank == 0
        ? try RunRecorder(
          run, folder: started.folder, inputs: started.inputs, validation: started.validation,
          position: started.position, logger: logger)
        : nil
    }
    if try isAskedToStop() { return .stopped }
    for problem in try run.shareWeights() { logger.warning("\(problem)") }
    let features = try FeatureCache(run, started.position)
    if let features {
      activity.enter(.starting)
      let told = try features.open(started.inputs)
      for note in told.notes { logger.info("\(note)") }
      for problem in told.problems { logger.warning("\(problem)") }
    }
    let loop = try TrainingLoop(
      run: run, step: started.step, validation: started.validation,
      watch: DataWatch(run, inputs: started.inputs, validation: started.validation), recorder: recorder,
      features: features, logger: logger, gradientDump: gradientDump, onStep: onStep)
    // The loop has measured bicubic upsampling, which may take long.
    if try isAskedToStop() { return .stopped }
    let outcome: RunOutcome
    do {
      outcome = try loop.run(&started.position)
    } catch {
      // The checkpoint of the last epoch may not be complete yet. If writing has failed, that error came first.
      try recorder?.finish()
      throw error
    }
    try recorder?.finish()
    activity.enter(.ending)
    if outcome == .completed {
      for problem in FolderData(configuration, communicator, progress: activity.mark).finish() {
        logger.warning("\(problem)")
      }
    }
    for problem in features?.finish(isComplete: outcome == .completed) ?? [] { logger.warning("\(problem)") }
    try onEnd()
    return outcome
  }

  /// What ``run()`` would do and need; nil if a signal asked to stop. Throws the errors with which the run would not start.
  /// Creates and changes no file. Collective.
  package func plan() throws -> TrainingPlan? {
    guard let started = try start(createsFiles: false) else { return nil }
    defer { started.run.pool.close() }
    return TrainingPlan(
      started.run, validation: started.validation, features: try FeatureCache(started.run, started.position),
      position: started.position)
  }

  /// Whether a signal asked to stop before the run's first step. Collective.
  func isAskedToStop() throws -> Bool {
    guard try RunRequests.take(communicator).contains(.stop) else { return false }
    logger.notice(
      "stopped on request before a step was done: there is nothing new to keep; repeat the command to start again"
    )
    return true
  }
}
