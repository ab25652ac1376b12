import Foundation
import SRCheckpoint
import SRData
import SRDistributed
import SRFiles
import SRReport
import SRTensor

/// A run that is ready for its next step.
struct StartedRun {
  let run: RunContext
  let inputs: RunInputs
  let validation: ValidationSets
  let step: TrainingStep
  let folder: RunFolder
  var position: RunPosition
  /// Keeps other programs out of the folder. Rank 0 of a run that creates files has it.
  let lock: FolderLock?
}

extension TrainingRun {
  /// Checks everything that can keep the run from its next step. Collective.
  ///
  /// `srdist train` and `srdist train --dry-run` both start here. So a dry run refuses what the run would refuse, with the same
  /// error.
  ///
  /// - Parameter createsFiles: whether the run folder and its lock may be created, and interrupted writes in it be cleared up.
  ///   Otherwise no file is created or changed.
  /// - Returns: nil if a signal asked to stop.
  /// - Throws: the same error on every rank.
  func start(createsFiles: Bool) throws -> StartedRun? {
    try communicator.together(starting: activity) {
      try RankFacts.ofProgram(configuration, progress: activity.mark)
    }.agree(communicator)
    if try isAskedToStop() { return nil }
    let folder = RunFolder(path: configuration.output)
    try communicator.together(starting: activity) {
      try checkRanks()
      if communicator.rank == 0 {
        try folder.checkAccess()
        if let gradientDump { try WriteAccess.checkFile(gradientDump) }
      }
    }
    let data = try RunData(configuration).load(sharedBy: communicator, activity, createsFiles: createsFiles)
    let sharing = configuration.shareWeights ? try SharedWork(communicator) : SharedWork()
    let run = try communicator.together(starting: activity) { try context(data, sharing) }
    do {
      let started = try ready(run, folder, createsFiles: createsFiles)
      if started == nil { run.pool.close() }
      return started
    } catch {
      run.pool.close()
      throw error
    }
  }

  private func checkRanks() throws {
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
  }

  /// Reads initial weights, and allocates the memory.
  private func context(_ data: TrainingData, _ sharing: SharedWork) throws -> RunContext {
    let data = imageLimit.map { data.limited(train: $0.train, valid: $0.valid) } ?? data
    if communicator.rank == 0 {
      logger.info(
        "training on \(data.source.summary): \(data.source.count) images; \(Self.validating(on: data.valid, configuration))"
      )
    }
    let run = try RunContext(
      configuration, communicator: communicator, kernels: kernels, data: data, sharing: sharing,
      activity: activity)
    if communicator.rank == 0 {
      let model = run.network.model
      logger.info("model \(model.name): \(model)")
      if configuration.data == nil && configuration.trainHR.isEmpty {
        logger.info(
          "these faces are synthetic; `srdist prepare` makes data from photographs, and --data trains on it")
      }
      for line in run.weightNotes { logger.info("initial weights: \(line)") }
      for line in run.lossAssembly.provenance { logger.info("\(line)") }
    }
    return run
  }

  /// What a run validates on.
  private static func validating(
    on images: (any PairDataset)?, _ configuration: TrainingConfiguration
  ) -> String {
    if let images { return "validating on \(images.count)" }
    return configuration.val.isEmpty
      ? "there is nothing to validate on, so no best checkpoint is chosen (--val NAME=LR,HR gives pictures)"
      : "validating on the pictures of --val alone"
  }

  /// Finds the run's position, and checks what depends on it.
  private func ready(_ run: RunContext, _ folder: RunFolder, createsFiles: Bool) throws -> StartedRun? {
    let inputs = try communicator.together(starting: activity) { try RunInputs(run) }
    let validation = try communicator.together(starting: activity) {
      let validation = try ValidationSets(run)
      try run.memory.adding(validation).check(AvailableResources(), ranks: communicator.localSize)
      return validation
    }
    try RankFacts.ofInputs(inputs, of: run, validation: validation).agree(communicator)
    if try isAskedToStop() { return nil }
    let step = try TrainingStep(run, observer: observer)
    let lock = try communicator.together(starting: activity) {
      guard communicator.rank == 0 else { return FolderLock?.none }
      guard createsFiles else {
        try FolderLock.checkFree(folder.path, progress: activity.mark)
        return nil
      }
      try folder.create()
      let lock = try FolderLock(folder.path, progress: activity.mark)
      // The recorder tries what stays once more, and says what it is.
      _ = try folder.checkpoints.recover()
      return lock
    }
    let position = try Resumption(
      run: run, folder: folder, inputs: inputs, validation: validation, logger: logger
    ).restore(layout: step.layout)
    guard try balanceTrunks(run) else { return nil }
    try communicator.together(starting: activity) {
      try validation.check(position.judge)
      if gradientDump != nil, position.step > 0 {
        throw ConfigurationError(
          "dump-gradients: writes the gradient of a run's first step, and this run resumes after step \(position.step); "
            + "leave out --dump-gradients to resume it, or choose another --output to start a new run")
      }
      if communicator.rank == 0 { try checkFiles(run, folder, position) }
    }
    try RankFacts.ofStart(run, position).agree(communicator)
    return StartedRun(
      run: run, inputs: inputs, validation: validation, step: step, folder: folder, position: position,
      lock: lock)
  }

  /// Finds the factors of perceptual terms that need some, unless a checkpoint has given them. Collective.
  ///
  /// - Returns: false if a signal asked to stop.
  private func balanceTrunks(_ run: RunContext) throws -> Bool {
    let balance = run.lossAssembly.balance
    if balance.isEmpty { return true }
    if !balance.isKnown {
      let measured = try balance.measure(run)
      // A rank that is asked to stop leaves images out.
      if try isAskedToStop() { return false }
      try balance.use(measured)
      if communicator.rank == 0 { logger.info("trunk balance: \(balance.text(measured))") }
    }
    if communicator.rank == 0 {
      for line in balance.lines { logger.info("\(line)") }
    }
    return true
  }

  /// Checks that the log can be continued at the position, and that the disk has room for a checkpoint if steps are left.
  private func checkFiles(_ run: RunContext, _ folder: RunFolder, _ position: RunPosition) throws {
    _ = try MetricsFile.kept(
      of: folder.metricsLog, toStep: position.step, completedEpochs: position.epoch,
      validatedStep: position.validatedStep ?? 0, progress: activity.mark)
    guard run.steps(after: position) > 0 else { return }
    try WriteAccess.checkSpace(RunFiles.checkpointBytes(run), at: folder.checkpoints.path)
  }
}
