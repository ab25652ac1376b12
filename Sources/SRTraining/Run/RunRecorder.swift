import Foundation
import Logging
import SRCheckpoint
import SRData
import SRFiles
import SRReport

/// Writes a run's log, table, pictures and checkpoints, on rank 0.
final class RunRecorder {
  let folder: RunFolder
  private let run: RunContext
  private let inputs: RunInputs
  private let log: MetricsLog
  /// Nil if the configuration turns TensorBoard off.
  private let events: EventFile?
  private let store: CheckpointStore
  private let logger: Logger
  /// The position of the last checkpoint. At an epoch's last step, one checkpoint precedes validation and another follows it.
  private var checkpointed: (step: Int, completedEpochs: Int)?
  /// Paths that could not be removed.
  private var leftPaths: Set<String> = []

  init(_ run: RunContext, folder: RunFolder, inputs: RunInputs, position: RunPosition, logger: Logger) throws
  {
    self.run = run
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
    try MetricsFile.truncate(folder.metricsLog, toStep: position.step, completedEpochs: position.epoch)
    log = try MetricsLog(path: folder.metricsLog)
    events =
      run.configuration.tensorboard
      ? try EventFile(folder: folder.tensorboard, resumingAfter: position.step) : nil
    let header = "A run of srdist \(srdistVersion). `srdist train --config FILE` repeats it."
    try DurableFileWriter.replace(folder.configuration, with: run.configuration.yaml(header: header).utf8)
    for leftover in leftovers { warn(leftover) }
  }

  func record(_ step: StepRecord) throws {
    try log.append(step)
    try events?.append(step)
  }

  func record(_ epoch: EpochRecord) throws {
    try log.append(epoch)
    try events?.append(epoch)
    try MetricsCSV.regenerate(folder.metricsTable, from: folder.metricsLog)
  }

  /// Writes a checkpoint of this state, unless the last checkpoint already has it.
  func checkpoint(_ position: RunPosition, completedEpochs: Int) throws {
    if let checkpointed, checkpointed == (position.step, completedEpochs) { return }
    try log.synchronize()
    try events?.synchronize()
    let written = try store.save(contents(position, completedEpochs: completedEpochs), leaving: warn)
    checkpointed = (position.step, completedEpochs)
    let removal = store.prune(keep: run.configuration.keepCheckpoints)
    for leftover in removal.leftovers { warn(leftover) }
    logger.debug("checkpoint", metadata: ["path": "\(written)", "removed": "\(removal.removed.count)"])
  }

  /// Saves the state as the best one by validation.
  func keepBest(_ position: RunPosition, completedEpochs: Int) throws {
    try store.saveBest(contents(position, completedEpochs: completedEpochs), leaving: warn)
  }

  /// Says once of each path that it stays. What cannot be removed does not end a run.
  private func warn(_ leftover: Leftover) {
    if leftPaths.insert(leftover.path).inserted { logger.warning("\(leftover)") }
  }

  /// At least the size of a checkpoint on the disk: the arenas, and some pages for headers and the state.
  private static func checkpointBytes(_ run: RunContext) -> Int {
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
    let configuration = run.configuration
    let rate = configuration.learningRateSchedule.rate(
      epoch: position.epoch, step: position.stepInEpoch, stepsPerEpoch: run.stepsPerEpoch,
      epochs: configuration.epochs)
    return CheckpointContents(
      weights: run.weights.parameters, firstMoment: run.optimizer.firstMoments,
      secondMoment: run.optimizer.secondMoments, averagedWeights: run.average,
      state: CheckpointState(
        epoch: position.epoch + 1, step: position.step, stepInEpoch: position.stepInEpoch,
        completedEpochs: completedEpochs, seed: configuration.seed, learningRate: .init(rate: rate),
        best: position.best, model: run.network.model,
        configuration: configuration.yaml(header: "srdist \(srdistVersion)"),
        dataSHA256: inputs.dataSHA256, networkSHA256: inputs.networkSHA256, srdistVersion: srdistVersion,
        epochSums: position.storedSums))
  }
}
