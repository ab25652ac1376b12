import Logging
import SRCheckpoint
import SRDistributed
import SRTensor

/// Finds the checkpoint to resume from on rank 0, and sends its contents to all ranks.
struct Resumption {
  let run: RunContext
  let folder: RunFolder
  let inputs: RunInputs
  let logger: Logger

  /// Loads weights, moments and average if there is a checkpoint to resume from. Collective.
  ///
  /// Only rank 0 reads the files, so the hosts need no common file system.
  /// - Returns: the run's position: its beginning if there is no checkpoint.
  func restore(layout: SampleValueLayout) throws -> RunPosition {
    let communicator = run.communicator
    let selected: CheckpointState? = try communicator.together(starting: run.activity) {
      guard communicator.rank == 0, let (checkpoint, found) = try select() else { return nil }
      var state = found
      try checkFit(state, of: checkpoint)
      try load(checkpoint)
      if !holdsBest(of: state) {
        // Then the next epoch becomes this folder's best.
        state.best = nil
      }
      logger.info("resuming from \(checkpoint.path): epoch \(state.epoch), step \(state.step) done")
      return state
    }
    let state = try communicator.broadcast(selected)
    for arena in arenas {
      try communicator.broadcast(arena.buffer.elements)
      run.activity.mark()
    }
    return state.map { RunPosition(resuming: $0, layout: layout) } ?? RunPosition(layout: layout)
  }

  private var arenas: [ParameterArena] {
    [run.weights.parameters, run.optimizer.firstMoments, run.optimizer.secondMoments]
      + (run.average.map { [$0] } ?? [])
  }

  private func select() throws -> (CheckpointDirectory, CheckpointState)? {
    switch run.configuration.resume {
    case .never:
      if folder.holdsRun { throw holdsAnother }
      return nil
    case .auto:
      let selection = try folder.checkpoints.newestVerified()
      for warning in selection.warnings { logger.warning("skipping a checkpoint: \(warning)") }
      if let checkpoint = selection.checkpoint, let state = selection.state { return (checkpoint, state) }
      guard selection.warnings.isEmpty else {
        throw RunError(
          "no checkpoint in \(folder.checkpoints.path) can be used, and a new start would overwrite the rest of "
            + "the run; remove \(folder.path), or choose another --output")
      }
      return nil
    case .checkpoint(let path):
      let checkpoint = try CheckpointDirectory(existing: path)
      if folder.holdsRun, !folder.checkpoints.contains(checkpoint) { throw holdsAnother }
      return (checkpoint, try checkpoint.verify())
    }
  }

  private var holdsAnother: RunError {
    RunError(
      "\(folder.path) holds a run already; resume it with --resume auto, choose another --output, or remove it"
    )
  }

  /// Whether this folder's best checkpoint is the one that the state names. It is not if the run resumes from another folder's
  /// checkpoint, or from one that is older than the best.
  private func holdsBest(of state: CheckpointState) -> Bool {
    (try? folder.checkpoints.best.state())?.best == state.best
  }

  /// Refuses a checkpoint whose run would have produced other bits.
  private func checkFit(_ state: CheckpointState, of checkpoint: CheckpointDirectory) throws {
    let layer = try SettingLayer(yaml: state.configuration, origin: checkpoint.path)
    let theirs = try TrainingConfiguration(layers: [layer])
    var differences = run.configuration.differences(from: theirs)
    differences += run.network.model.differences(
      from: try checkpoint.modelDescription(state), in: "the checkpoint", here: "this run")
    differences += inputs.differences(from: state, configuration: theirs, here: run.configuration)
    guard differences.isEmpty else {
      throw RunError(
        "\(checkpoint.path) belongs to another run: \(differences.joined(separator: "; ")). Give the same "
          + "settings, or choose another --output to start a new run.")
    }
  }

  private func load(_ checkpoint: CheckpointDirectory) throws {
    try checkpoint.loadWeights(into: run.weights.parameters)
    try run.weights.parameters.requireFinite(
      from: checkpoint.file(CheckpointDirectory.modelFile), kernels: run.kernels)
    try checkpoint.loadMoments(first: run.optimizer.firstMoments, second: run.optimizer.secondMoments)
    if let average = run.average { try checkpoint.loadAveragedWeights(into: average) }
  }
}
