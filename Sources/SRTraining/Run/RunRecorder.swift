import Foundation
import Logging
import SRCheckpoint
import SRKernels
import SRProcess
import SRReport

/// Records a run on rank 0, while the run trains: a thread of its own writes the files.
///
/// The thread writes in the order of the calls, so what is durable before what does not depend on it. A checkpoint is written
/// from a copy of the state. If a write fails, the next call throws the error: at the latest that of the next checkpoint, or
/// ``finish()``.
final class RunRecorder {
  private let run: RunContext
  private let inputs: RunInputs
  private let validation: ValidationSets
  private let files: RunFiles
  private let copy: CheckpointCopy
  private let writer: WorkQueue
  private let logger: Logger
  /// The position of the last checkpoint. One checkpoint may precede a validation, and another follows it.
  private var checkpointed: (step: Int, completedEpochs: Int, validatedStep: Int?)?

  /// The most records that wait for the writer. Each has a few hundred bytes.
  private static let waitingRecords = 4096

  init(
    _ run: RunContext, folder: RunFolder, inputs: RunInputs, validation: ValidationSets,
    position: RunPosition, logger: Logger
  ) throws {
    self.run = run
    self.validation = validation
    self.inputs = inputs
    self.logger = logger
    files = try RunFiles(
      run, folder, at: position, configuration: run.configuration.choosing(position.judge), logger: logger)
    copy = CheckpointCopy(run)
    writer = try WorkQueue("writer", limit: Self.waitingRecords)
  }

  deinit { writer.close() }

  func record(_ step: StepRecord) throws { try write { try $0.append(step) } }

  /// Writes a checkpoint of this state, unless the last checkpoint already has it.
  func checkpoint(_ position: RunPosition, completedEpochs: Int) throws {
    let here = (position.step, completedEpochs, position.validatedStep)
    if let checkpointed, checkpointed == here { return }
    checkpointed = here
    let contents = try contents(position, completedEpochs: completedEpochs)
    try write { try $0.checkpoint(contents) }
  }

  /// Writes a checkpoint of the state that the run resumes from, unless there is a numbered one of its step. There is none if the
  /// run ended between two checkpoints, the best one and the numbered one, or if it comes from another folder's checkpoint.
  func completeCheckpoints(_ position: RunPosition) throws {
    try finish()
    if try !files.hasCheckpoint(atStep: position.step) {
      try checkpoint(position, completedEpochs: position.epoch)
    }
  }

  /// Records an epoch, or a validation within one: its line, its picture and its checkpoints.
  ///
  /// - Parameters:
  ///   - epoch: the weights' hash is added here.
  ///   - position: where the run goes on: at the next epoch's start, or within the epoch.
  ///   - isBest: whether the state is the best one by validation.
  ///   - isValidated: if not, no file of it is needed beside a checkpoint, and that only if there are none within epochs.
  func record(
    _ epoch: EpochRecord, samples: [SampleGrid.Sample], position: RunPosition, isBest: Bool,
    isValidated: Bool
  ) throws {
    let (epochs, titles) = (run.epochs, validation.psnrTitles)
    let level = isValidated ? Logger.Level.info : .debug
    guard isValidated || run.configuration.checkpointEvery == nil else {
      return try write { [logger] files in
        try files.append(epoch)
        logger.log(level: level, "\(EpochLine(epoch, epochs: epochs, isBest: false, titles: titles))")
      }
    }
    checkpointed = (position.step, position.epoch, position.validatedStep)
    let contents = try contents(position, completedEpochs: position.epoch)
    try write { [logger, activity = run.activity] files in
      var epoch = epoch
      epoch.weightsSHA256 = weightsSHA256(contents.weights)
      activity.mark()
      try files.append(epoch)
      try files.draw(samples, of: epoch)
      // The best checkpoint comes before the numbered one, which refers to it. A run resumes from the newer of the two, so both
      // come after everything else.
      activity.mark()
      if isBest { try files.keepBest(contents) }
      activity.mark()
      try files.checkpoint(contents)
      logger.log(level: level, "\(EpochLine(epoch, epochs: epochs, isBest: isBest, titles: titles))")
    }
  }

  /// Waits until everything is written. Throws what writing threw.
  func finish() throws {
    run.activity.enter(.checkpoint)
    try writer.wait()
  }

  private func write(_ work: @escaping @Sendable (RunFiles) throws -> Void) throws {
    try writer.add(willWait: { run.activity.enter(.checkpoint) }) { [files] in try work(files) }
  }

  /// A checkpoint's contents. Waits until the last one is written, which has the same memory.
  private func contents(_ position: RunPosition, completedEpochs: Int) throws -> CheckpointContents {
    try finish()
    copy.take(from: run)
    let configuration = run.configuration.choosing(position.judge)
    let rate = configuration.learningRateSchedule.rate(
      epoch: position.epoch, step: position.stepInEpoch, stepsPerEpoch: run.stepsPerEpoch,
      epochs: configuration.epochs)
    return CheckpointContents(
      weights: copy.weights, firstMoment: copy.firstMoment, secondMoment: copy.secondMoment,
      averagedWeights: copy.average,
      state: CheckpointState(
        epoch: position.epoch + 1, step: position.step, stepInEpoch: position.stepInEpoch,
        completedEpochs: completedEpochs, validatedStep: position.validatedStep, seed: configuration.seed,
        learningRate: .init(rate: rate),
        best: position.best, bestMetric: position.judge?.description, model: run.network.model,
        configuration: configuration.yaml(header: "srdist \(srdistVersion)"),
        dataSHA256: inputs.dataSHA256, networkSHA256: inputs.networkSHA256,
        trunkFactors: run.lossAssembly.balance.factors,
        initWeightsSHA256: inputs.initWeightsSHA256, validationSHA256: validation.sha256,
        srdistVersion: srdistVersion, arithmeticVersion: ArithmeticVersion.current,
        epochSums: position.storedSums))
  }
}

extension TrainingConfiguration {
  /// The configuration with the metric that the run goes by, which a resumed checkpoint may have given.
  fileprivate func choosing(_ judge: BestMetric?) -> TrainingConfiguration {
    var configuration = self
    configuration.bestMetric = judge
    return configuration
  }
}
