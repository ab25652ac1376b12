import Foundation
import Logging
import SRCheckpoint
import SRData
import SRDistributed
import SRKernels
import SRLayers
import SRReport
import SRTensor

/// A training run on one rank, from the first agreement to the last checkpoint.
package struct TrainingRun {
  package let configuration: TrainingConfiguration
  private let communicator: Communicator
  private let kernels: any KernelSet
  private let logger: Logger
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
    try communicator.together(starting: activity) {
      try RankFacts.ofProgram(configuration, kernels: kernels, progress: activity.mark)
    }.agree(communicator)
    if try isAskedToStop() { return .stopped }
    let (run, inputs) = try communicator.together(starting: activity) { try start(activity) }
    defer { run.pool.close() }
    try RankFacts.ofInputs(inputs, metricNetworks: run.lossAssembly.metricNetworkSHA256).agree(communicator)
    if try isAskedToStop() { return .stopped }
    let step = try TrainingStep(run, observer: observer)
    let folder = RunFolder(path: configuration.output)
    let lock = try communicator.together(starting: activity) {
      guard communicator.rank == 0 else { return RunLock?.none }
      let lock = try RunLock(folder)
      try folder.checkpoints.recover()
      return lock
    }
    defer { withExtendedLifetime(lock) {} }
    var position = try Resumption(
      run: run, folder: folder, inputs: inputs, logger: logger
    ).restore(layout: step.layout)
    try communicator.together {
      if gradientDump != nil, position.step > 0 {
        throw ConfigurationError(
          "dump-gradients: writes the gradient of a run's first step, and this run resumes after step \(position.step); "
            + "choose another --output")
      }
    }
    try RankFacts.ofStart(run, position).agree(communicator)
    let recorder = try communicator.together(starting: activity) {
      communicator.rank == 0
        ? try RunRecorder(run, folder: folder, inputs: inputs, position: position, logger: logger)
        : nil
    }
    if try isAskedToStop() { return .stopped }
    let loop = try TrainingLoop(
      run: run, step: step, recorder: recorder, logger: logger, gradientDump: gradientDump,
      onStep: onStep)
    // The loop has measured bicubic upsampling, which may take long.
    if try isAskedToStop() { return .stopped }
    let outcome = try loop.run(&position)
    activity.enter(.ending)
    try onEnd()
    return outcome
  }

  /// Whether a signal asked to stop before the run's first step. Collective.
  private func isAskedToStop() throws -> Bool {
    guard try RunRequests.take(communicator).contains(.stop) else { return false }
    logger.notice(
      "stopped on request before a step was done: there is nothing new to keep; repeat the command to start again"
    )
    return true
  }

  private func start(_ activity: RankActivity) throws -> (RunContext, RunInputs) {
    if configuration.virtualRanks != nil, communicator.worldSize > 1 {
      throw ConfigurationError(
        "virtual-ranks: stands in for several ranks in one process, and this job has \(communicator.worldSize); "
          + "leave out --virtual-ranks or mpirun")
    }
    if configuration.batchSize < communicator.worldSize {
      throw ConfigurationError(
        "batch-size: \(configuration.batchSize) images cannot be dealt to \(communicator.worldSize) ranks; "
          + "start fewer ranks or raise --batch-size")
    }
    var data = try RunData(configuration).load(progress: activity.mark)
    if let imageLimit { data = data.limited(train: imageLimit.train, valid: imageLimit.valid) }
    if communicator.rank == 0 {
      logger.info(
        "training on \(data.train.summary): \(data.train.count) images; validating on \(data.valid.count)")
    }
    let run = try RunContext(
      configuration, communicator: communicator, kernels: kernels, data: data, activity: activity)
    let unusable = run.layout.entries.first {
      !kernels.allFinite(run.weights.parameters.pointer(to: $0), count: $0.count)
    }
    if let unusable {
      throw ConfigurationError(
        "init-weights: \(unusable.name) in \(configuration.initWeights ?? "") holds values that are not finite"
      )
    }
    if communicator.rank == 0 {
      let model = run.network.model
      logger.info("model \(model.name): \(model)")
      if configuration.data == nil {
        logger.info(
          "these faces are synthetic; `srdist prepare` makes data from photographs, and --data trains on it")
      }
      for line in run.lossAssembly.provenance { logger.info("\(line)") }
    }
    return (run, RunInputs(run))
  }
}
