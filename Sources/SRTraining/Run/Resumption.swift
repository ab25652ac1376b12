import Logging
import SRCheckpoint
import SRDistributed
import SRFiles
import SRKernels
import SRReport
import SRTensor

/// Finds the checkpoint to resume from on rank 0, and sends its contents to all ranks.
struct Resumption {
  let run: RunContext
  let folder: RunFolder
  let inputs: RunInputs
  let validation: ValidationSets
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
      try checkSense(state, of: checkpoint)
      try load(checkpoint)
      if try !holdsBest(of: state) {
        // Then the next epoch becomes this folder's best.
        if let best = state.best {
          let part = best.step.map { "step \($0)" } ?? "epoch \(best.epoch)"
          logger.warning(
            """
            the best checkpoint until then, of \(part) (\(best.metric) \(best.value)), is not in \(folder.path); the next \
            validation takes its place
            """)
        }
        state.best = nil
      }
      try judge(&state)
      if let warning = Self.warning(ofArithmetic: state.arithmeticVersion) {
        logger.warning("\(checkpoint.path) \(warning)")
      }
      let epochs = "\(state.completedEpochs) epoch\(state.completedEpochs == 1 ? "" : "s")"
      logger.info("resuming from \(checkpoint.path): step \(state.step) done, \(epochs) completed")
      return state
    }
    let state = try communicator.broadcast(selected)
    if let factors = state?.trunkFactors { run.lossAssembly.balance.use(factors) }
    for arena in arenas {
      try communicator.broadcast(arena.buffer.elements)
      run.activity.mark()
    }
    return state.map { RunPosition(resuming: $0, layout: layout) }
      ?? RunPosition(layout: layout, judge: run.configuration.bestMetric ?? validation.standardJudge)
  }

  /// What follows for a run if its checkpoint was computed with another arithmetic; nil if nothing does. The CPU level does not
  /// matter.
  private static func warning(ofArithmetic version: Int?) -> String? {
    let current = ArithmeticVersion.current
    guard version != current else { return nil }
    let theirs =
      version.map { "arithmetic version \($0)" } ?? "a program that did not record its arithmetic version"
    return
      "was written with \(theirs), and this srdist has version \(current): the run continues, but it will not have the bits "
      + "of a run by one program; to get those, resume with the srdist that began it, or start a new run"
  }

  private var arenas: [ParameterArena] {
    [run.weights.parameters, run.optimizer.firstMoments, run.optimizer.secondMoments]
      + (run.average.map { [$0] } ?? [])
  }

  private func select() throws -> (CheckpointDirectory, CheckpointState)? {
    switch run.configuration.resume {
    case .never:
      if try folder.holdsRun { throw holdsAnother }
      return nil
    case .auto:
      let selection = try folder.checkpoints.newestVerified()
      for warning in selection.warnings { logger.warning("skipping a checkpoint: \(warning)") }
      if let checkpoint = selection.checkpoint, let state = selection.state { return (checkpoint, state) }
      guard selection.warnings.isEmpty else {
        throw RunError(
          "no checkpoint in \(folder.checkpoints.path) can be used, and a new start would overwrite the rest of "
            + "the run; choose another --output, or move \(folder.path) to another place")
      }
      try folder.checkStart()
      return nil
    case .checkpoint(let path):
      if try RunFolder(path: path).holdsRun {
        throw RunError(
          "resume: \(path) is no checkpoint: it is a run's folder; name one of its checkpoints to go back to it or, to "
            + "resume the run, give --output \(path) and --resume auto")
      }
      let checkpoint = try CheckpointDirectory(existing: path)
      if try folder.holdsRun, !folder.checkpoints.contains(checkpoint) { throw holdsAnother }
      return (checkpoint, try checkpoint.verify())
    }
  }

  private var holdsAnother: RunError {
    RunError(
      "\(folder.path) holds a run already; resume it with --resume auto, choose another --output, or move it to "
        + "another place"
    )
  }

  /// Whether this folder's best checkpoint is the one that the state names. It is not if the run resumes from another folder's
  /// checkpoint, or from one that is older than the best.
  private func holdsBest(of state: CheckpointState) throws -> Bool {
    let best = folder.checkpoints.best
    guard try PathKind.of(best.path) != nil else { return false }
    do {
      let theirs = try best.verify().best
      // A run that took another metric since then has judged the same epoch by that.
      return theirs == state.best
        || (theirs?.epoch == state.best?.epoch && theirs?.step == state.best?.step
          && theirs?.metric != state.best?.metric)
    } catch let error as CheckpointError {
      // A damaged one can be replaced. One that may be sound cannot.
      guard case .damaged = error else { throw error }
      return false
    }
  }

  /// Refuses a checkpoint whose run would have produced other bits.
  private func checkFit(_ state: CheckpointState, of checkpoint: CheckpointDirectory) throws {
    let layer = try SettingLayer(yaml: state.configuration, origin: checkpoint.path)
    let theirs = try TrainingConfiguration(layers: [layer])
    var differences = run.configuration.differences(from: theirs)
    differences += run.network.model.differences(
      from: try checkpoint.modelDescription(state), in: "the checkpoint", here: "this run")
    differences += inputs.differences(from: state, configuration: theirs, here: run.configuration)
    differences += validation.differences(from: state)
    guard differences.isEmpty else {
      throw RunError(
        "\(checkpoint.path) belongs to another run: \(differences.joined(separator: "; ")). Give the same "
          + "settings, or choose another --output to start a new run.")
    }
  }

  /// Refuses a state that this run cannot have been in. ``CheckpointState/problem`` has checked all that needs no run.
  private func checkSense(_ state: CheckpointState, of checkpoint: CheckpointDirectory) throws {
    func check(_ isGood: Bool, _ problem: String) throws {
      if !isGood { throw CheckpointError.senseless(path: checkpoint.path, problem: problem) }
    }
    let length = run.stepsPerEpoch
    try check(
      state.stepInEpoch <= length && state.step == state.completedEpochs * length + state.stepInEpoch,
      "step is \(state.step), expected \(state.completedEpochs) epochs of \(length) steps and the "
        + "\(state.stepInEpoch) steps after them")
    try check(
      state.seed == run.configuration.seed, "seed is \(state.seed), expected \(run.configuration.seed)")
    let (factors, terms) = (state.trunkFactors ?? [:], run.lossAssembly.balance.names)
    try check(
      Set(factors.keys) == Set(terms),
      "trunk_factors is for \(Self.list(factors.keys.sorted())), expected \(Self.list(terms.sorted()))")
    let samples = min(state.stepInEpoch * run.configuration.batchSize, run.samples.count)
    if let problem = RunPosition.problem(ofSums: state.epochSums, samples: samples) {
      try check(false, problem)
    }
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "no term" : names.joined(separator: ", ")
  }

  private func load(_ checkpoint: CheckpointDirectory) throws {
    try checkpoint.loadWeights(into: run.weights.parameters)
    try run.weights.parameters.requireFinite(
      from: checkpoint.file(CheckpointDirectory.modelFile))
    try checkpoint.loadMoments(first: run.optimizer.firstMoments, second: run.optimizer.secondMoments)
    if let average = run.average { try checkpoint.loadAveragedWeights(into: average) }
  }
}

extension Resumption {
  /// Finds the metric by which the run chooses its best epoch: the configured one, or else the checkpoint's. If it is another one
  /// than the best epoch was chosen by, that epoch is judged anew from its line in the log.
  private func judge(_ state: inout CheckpointState) throws {
    let judge =
      run.configuration.bestMetric ?? state.bestMetric.flatMap { BestMetric($0) } ?? validation.standardJudge
    state.bestMetric = judge?.description
    guard let judge else {
      state.best = nil
      return
    }
    try validation.check(judge)
    guard let best = state.best, best.metric != judge.key else { return }
    let epochs = try MetricsFile.kept(
      of: folder.metricsLog, toStep: state.step, completedEpochs: state.completedEpochs,
      validatedStep: state.validatedStep ?? 0, progress: run.activity.mark)?.epochs
    let value = epochs?.first {
      best.step == nil ? $0.fraction == nil && $0.epoch == best.epoch : $0.step == best.step
    }?.value(judge.key)
    let change = "the best checkpoint, of epoch \(best.epoch), was chosen by \(best.metric)"
    if let value, !value.isNaN {
      state.best = .init(metric: judge.key, epoch: best.epoch, step: best.step, value: value)
      logger.notice("\(change); it stays until an epoch has a better \(judge.key) than its \(value)")
    } else {
      state.best = nil
      logger.warning("\(change), and its \(judge.key) was not measured; the next epoch takes its place")
    }
  }
}

extension ValidationSets {
  /// How sets of the same names differ in a checkpoint. Numbers of other pictures under one name cannot be compared.
  fileprivate func differences(from state: CheckpointState) -> [String] {
    sha256.sorted { $0.key < $1.key }.compactMap { name, hash in
      guard let other = state.validationSHA256?[name], other != hash else { return nil }
      return
        "val: the pictures of \(name) have SHA-256 \(other.prefix(12))... there, \(hash.prefix(12))... here; "
        + "give other pictures another name"
    }
  }
}
