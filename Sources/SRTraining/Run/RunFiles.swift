import Foundation
import Logging
import SRCheckpoint
import SRData
import SRFiles
import SRReport

/// A run's log, table, events, pictures and checkpoints, on rank 0. Its ``RunRecorder`` decides what is written, and when.
///
/// A run resumes from a checkpoint and trusts that everything that came before the checkpoint is there. So a checkpoint gets
/// its name only after the log, the table and the events are flushed, and after the epoch's picture is. ARCHITECTURE.md has the
/// whole order.
///
/// One thread at a time uses it: the one that makes it, and then the recorder's writer.
final class RunFiles: @unchecked Sendable {
  private let folder: RunFolder
  private let log: MetricsLog
  private let table: MetricsTable
  /// Nil if the configuration turns TensorBoard off.
  private let events: EventFile?
  private let store: CheckpointStore
  private let keepCheckpoints: Int
  private let logger: Logger
  /// Paths that could not be removed.
  private var leftPaths: Set<String> = []

  /// Brings the run's folder to `position`, and tries whether a checkpoint can be written.
  ///
  /// - Parameter configuration: is written to the folder.
  init(
    _ run: RunContext, _ folder: RunFolder, at position: RunPosition, configuration: TrainingConfiguration,
    logger: Logger
  ) throws {
    self.folder = folder
    self.logger = logger
    keepCheckpoints = configuration.keepCheckpoints
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
      folder.metricsLog, toStep: position.step, completedEpochs: position.epoch,
      validatedStep: position.validatedStep ?? 0, progress: run.activity.mark)
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
    let header = "\(RunFolder.settingsHeader) \(srdistVersion). `srdist train --config FILE` repeats it."
    try DurableFileWriter.replace(folder.configuration, with: configuration.yaml(header: header).utf8)
    for leftover in leftovers { warn(leftover) }
  }

  /// Starts the event file of this start.
  ///
  /// - Parameter lastStep: the step after which the run resumes, as it was logged.
  private static func events(
    _ folder: RunFolder, _ position: RunPosition, _ run: RunContext, _ lastStep: StepRecord?
  ) throws -> EventFile {
    // If a validation is due at this step, older files may have events of that validation, which carry the
    // last step's number. They must not appear twice, so that step becomes invalid too, and is written again.
    guard position.stepInEpoch == run.stepsPerEpoch || run.owesValidation(position), let lastStep,
      lastStep.step == position.step
    else {
      return try EventFile(folder: folder.tensorboard, resumingAfter: position.step)
    }
    let events = try EventFile(folder: folder.tensorboard, resumingAfter: position.step - 1)
    try events.append(lastStep)
    return events
  }

  func append(_ step: StepRecord) throws {
    try log.append(step)
    try events?.append(step)
  }

  func append(_ epoch: EpochRecord) throws {
    try log.append(epoch)
    try events?.append(epoch)
    try table.append(epoch)
  }

  /// Draws validation images: low-resolution, bicubic, super-resolved, target.
  func draw(_ samples: [SampleGrid.Sample], of record: EpochRecord) throws {
    guard !samples.isEmpty else { return }
    let path = folder.sample(of: record)
    let picture = SampleGrid(samples).image()
    let encoded = try ImageFile.encodePNG(picture, path: path)
    try DurableFileWriter.replace(path, with: encoded)
    try events?.append(picture, encoded: encoded, step: record.step)
  }

  /// Writes a numbered checkpoint, and removes those that are too many.
  func checkpoint(_ contents: CheckpointContents) throws {
    try synchronize()
    let written = try store.save(contents, leaving: warn)
    let removal = store.prune(keep: keepCheckpoints, written: written)
    for leftover in removal.leftovers { warn(leftover) }
    logger.debug("checkpoint", metadata: ["path": "\(written)", "removed": "\(removal.removed.count)"])
  }

  /// Saves the state as the best one by validation.
  func keepBest(_ contents: CheckpointContents) throws {
    try synchronize()
    try store.saveBest(contents, leaving: warn)
  }

  /// Whether there is a numbered checkpoint of a step, sound or not.
  func hasCheckpoint(atStep step: Int) throws -> Bool {
    try store.list().contains(store.checkpoint(atStep: step))
  }

  /// Waits until everything that was appended is on the disk.
  private func synchronize() throws {
    try log.synchronize()
    try table.synchronize()
    try events?.synchronize()
  }

  /// Says once of each path that it stays. What cannot be removed does not end a run.
  private func warn(_ leftover: Leftover) {
    if leftPaths.insert(leftover.path).inserted { logger.warning("\(leftover)") }
  }

  /// At least the size of a checkpoint on the disk: the arenas, and some pages for headers and the state.
  static func checkpointBytes(_ run: RunContext) -> Int {
    CheckpointCopy.arenaCount(run.configuration) * 4 * run.layout.parameterCount + 32768
  }
}
