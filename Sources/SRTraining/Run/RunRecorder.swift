import Foundation
import Logging
import SRCheckpoint
import SRData
import SRFiles
import SRKernels
import SRReport

/// Writes a run's log, table, pictures and checkpoints, on rank 0.
///
/// A run resumes from a checkpoint and trusts that everything that came before the checkpoint is there. So a checkpoint gets
/// its name only after the log, the table and the events are flushed, and after the epoch's picture is. ARCHITECTURE.md has the
/// whole order.
final class RunRecorder {
  let folder: RunFolder
  private let run: RunContext
  private let inputs: RunInputs
  private let validation: ValidationSets
  private let log: MetricsLog
  private let table: MetricsTable
  /// Nil if the configuration turns TensorBoard off.
  private let events: EventFile?
  private let store: CheckpointStore
  private let logger: Logger
  /// The position of the last checkpoint. At an epoch's last step, one checkpoint precedes validation and another follows it.
  private var checkpointed: (step: Int, completedEpochs: Int)?
  /// Paths that could not be removed.
  private var leftPaths: Set<String> = []

  init(
    _ run: RunContext, folder: RunFolder, inputs: RunInputs, validation: ValidationSets,
    position: RunPosition,
    logger: Logger
  ) throws {
    self.run = run
    self.validation = validation
    self.folder = folder
    self.inputs = inputs
    self.logger = logger
    store = folder.checkpoints
    try folder.create()
    try store.prepare()
    var leftovers = try store.recover()
    // What makes checkpoints impossible shows now, and not after the first epoch.
    if let leftover = try store.rehearse(byteCount: Self.checkpointBytes(run)) { leftovers.append(leftover) }
    let removal = try store.removeNewer(thanStep: position.step)
    leftovers += removal.leftovers
    if !removal.removed.isEmpty {
      logger.notice(
        "removed \(removal.removed.count) checkpoint(s) of later steps than \(position.step), from which the run resumes"
      )
    }
    let kept = try MetricsFile.truncate(
      folder.metricsLog, toStep: position.step, completedEpochs: position.epoch, progress: run.activity.mark)
    if let kept, kept.lastStep?.step ?? 0 < position.step {
      logger.warning(
        """
        \(folder.metricsLog) lacks lines: its last step is \(kept.lastStep?.step ?? 0), and the run resumes after step \
        \(position.step)
        """)
    }
    log = try MetricsLog(path: folder.metricsLog)
    table = try MetricsTable(
      path: folder.metricsTable, epochs: kept?.epochs ?? [], logPath: folder.metricsLog)
    events = try run.configuration.tensorboard ? Self.events(folder, position, run, kept?.lastStep) : nil
    let header = "A run of srdist \(srdistVersion). `srdist train --config FILE` repeats it."
    let configuration = run.configuration.choosing(position.judge)
    try DurableFileWriter.replace(folder.configuration, with: configuration.yaml(header: header).utf8)
    for leftover in leftovers { warn(leftover) }
  }

  /// Starts the event file of this start.
  ///
  /// - Parameter lastStep: the step after which the run resumes, as it was logged.
  private static func events(
    _ folder: RunFolder, _ position: RunPosition, _ run: RunContext, _ lastStep: StepRecord?
  ) throws -> EventFile {
    // If the epoch's steps are done, but not its validation, older files may have events of that validation, which carry the
    // last step's number. They must not appear twice, so that step becomes invalid too, and is written again.
    guard position.stepInEpoch == run.stepsPerEpoch, let lastStep, lastStep.step == position.step else {
      return try EventFile(folder: folder.tensorboard, resumingAfter: position.step)
    }
    let events = try EventFile(folder: folder.tensorboard, resumingAfter: position.step - 1)
    try events.append(lastStep)
    return events
  }

  func record(_ step: StepRecord) throws {
    try log.append(step)
    try events?.append(step)
  }

  func record(_ epoch: EpochRecord) throws {
    try log.append(epoch)
    try events?.append(epoch)
    try table.append(epoch)
  }

  /// Waits until everything that was recorded is on the disk.
  private func synchronize() throws {
    try log.synchronize()
    try table.synchronize()
    try events?.synchronize()
  }

  /// Writes a checkpoint of this state, unless the last checkpoint already has it.
  func checkpoint(_ position: RunPosition, completedEpochs: Int) throws {
    if let checkpointed, checkpointed == (position.step, completedEpochs) { return }
    try synchronize()
    let written = try store.save(contents(position, completedEpochs: completedEpochs), leaving: warn)
    checkpointed = (position.step, completedEpochs)
    let removal = store.prune(keep: run.configuration.keepCheckpoints, written: written)
    for leftover in removal.leftovers { warn(leftover) }
    logger.debug("checkpoint", metadata: ["path": "\(written)", "removed": "\(removal.removed.count)"])
  }

  /// Writes a checkpoint of a complete run's state, unless there is one of its step. There is none if the run ended
  /// between its last two checkpoints: the best one, and the numbered one.
  func completeCheckpoints(_ position: RunPosition) throws {
    let last = store.checkpoint(atStep: position.step)
    if try !store.list().contains(last) { try checkpoint(position, completedEpochs: position.epoch) }
  }

  /// Saves the state as the best one by validation.
  func keepBest(_ position: RunPosition, completedEpochs: Int) throws {
    try synchronize()
    try store.saveBest(contents(position, completedEpochs: completedEpochs), leaving: warn)
  }

  /// Says once of each path that it stays. What cannot be removed does not end a run.
  private func warn(_ leftover: Leftover) {
    if leftPaths.insert(leftover.path).inserted { logger.warning("\(leftover)") }
  }

  /// At least the size of a checkpoint on the disk: the arenas, and some pages for headers and the state.
  static func checkpointBytes(_ run: RunContext) -> Int {
    let arenas = run.average == nil ? 3 : 4
    return arenas * 4 * run.layout.parameterCount + 32768
  }

  /// Draws validation images: low-resolution, bicubic, super-resolved, target.
  func draw(_ samples: [SampleGrid.Sample], epoch: Int, step: Int) throws {
    guard !samples.isEmpty else { return }
    let picture = SampleGrid(samples).image()
    try ImageFile.writePNG(picture, to: folder.sample(epoch: epoch))
    try events?.append(picture, step: step)
  }

  private func contents(_ position: RunPosition, completedEpochs: Int) -> CheckpointContents {
    let configuration = run.configuration.choosing(position.judge)
    let rate = configuration.learningRateSchedule.rate(
      epoch: position.epoch, step: position.stepInEpoch, stepsPerEpoch: run.stepsPerEpoch,
      epochs: configuration.epochs)
    return CheckpointContents(
      weights: run.weights.parameters, firstMoment: run.optimizer.firstMoments,
      secondMoment: run.optimizer.secondMoments, averagedWeights: run.average,
      state: CheckpointState(
        epoch: position.epoch + 1, step: position.step, stepInEpoch: position.stepInEpoch,
        completedEpochs: completedEpochs, seed: configuration.seed, learningRate: .init(rate: rate),
        best: position.best, bestMetric: position.judge.description, model: run.network.model,
        configuration: configuration.yaml(header: "srdist \(srdistVersion)"),
        dataSHA256: inputs.dataSHA256, networkSHA256: inputs.networkSHA256,
        initWeightsSHA256: inputs.initWeightsSHA256, validationSHA256: validation.sha256,
        srdistVersion: srdistVersion, arithmeticVersion: ArithmeticVersion.current,
        epochSums: position.storedSums))
  }
}

extension TrainingConfiguration {
  /// The configuration with the metric that the run goes by, which a resumed checkpoint may have given.
  fileprivate func choosing(_ judge: BestMetric) -> TrainingConfiguration {
    var configuration = self
    configuration.bestMetric = judge
    return configuration
  }
}
