import Foundation
import Logging
import SRCheckpoint
import SRData
import SRDistributed
import SRFiles
import SRMetrics
import SRReport
import SRTensor

/// How a run ended.
package enum RunOutcome: Sendable {
  case completed
  /// A signal stopped the run. A checkpoint was written, and the run can be resumed.
  case stopped
}

/// Runs the epochs' steps. Validation, a picture and a checkpoint follow each epoch, and every so many steps if the configuration asks
/// for it.
struct TrainingLoop {
  private let run: RunContext
  private let step: TrainingStep
  private let order: SampleOrder
  /// Nil if there are no validation images.
  private let images: (evaluator: Evaluator, baseline: BaselineEvaluation)?
  private let validation: ValidationSets
  /// The sets' numbers of bicubic upsampling.
  private let bicubicOfSets: [String: Double]
  /// The weights that are validated: the averaged ones if the run keeps an average.
  private let validated: StepWeights
  private let watch: DataWatch
  /// Nil if no features of targets are kept.
  private let features: FeatureCache?
  /// Nil on all ranks but rank 0.
  private let recorder: RunRecorder?
  private let logger: Logger
  private let gradientDump: String?
  private let onStep: (TrainingProgress) -> Void

  init(
    run: RunContext, step: TrainingStep, validation: ValidationSets, watch: DataWatch, recorder: RunRecorder?,
    features: FeatureCache?, logger: Logger,
    gradientDump: String?, onStep: @escaping (TrainingProgress) -> Void
  ) throws {
    self.run = run
    self.step = step
    self.watch = watch
    self.features = features
    self.recorder = recorder
    self.logger = logger
    self.gradientDump = gradientDump
    self.onStep = onStep
    order = SampleOrder(
      seed: run.configuration.seed, count: run.samples.count, shuffled: run.configuration.shuffle)
    if run.data.valid == nil {
      images = nil
    } else {
      images = (
        Evaluator(run.evaluation, .validation, within: run.workers),
        try BaselineEvaluation(run.evaluation, .validation)
      )
    }
    validated = run.validatedWeights
    self.validation = validation
    bicubicOfSets = try validation.measureBicubic()
  }

  private var configuration: TrainingConfiguration { run.configuration }

  /// Steps of the whole run.
  private var totalSteps: Int { run.totalSteps }

  /// Trains from `position` to the end of the run, or until a request to stop. Collective.
  func run(_ position: inout RunPosition) throws -> RunOutcome {
    if isComplete(position) { logger.info("the run is complete: \(position.step) steps are done") }
    // If the run comes from another folder's checkpoint, --resume auto finds the same one from here on.
    if position.step > 0 { try recorder?.completeCheckpoints(position) }
    while !isComplete(position) {
      let outcome = try runEpoch(&position)
      for problem in try features?.problems() ?? [] { logger.warning("\(problem)") }
      if outcome == .stopped { return .stopped }
    }
    return .completed
  }

  /// Whether all steps are done, and the last epoch validated if all of its steps are.
  private func isComplete(_ position: RunPosition) -> Bool {
    position.step >= totalSteps && position.stepInEpoch < run.stepsPerEpoch && !run.owesValidation(position)
  }

  private func runEpoch(_ position: inout RunPosition) throws -> RunOutcome {
    let epoch = position.epoch
    let order = order.order(epoch: epoch)
    var started = ContinuousClock.now
    func addElapsed() {
      let now = ContinuousClock.now
      position.epochSeconds += (now - started).seconds
      started = now
    }
    while true {
      if run.owesValidation(position) {
        guard let validation = try validate(position) else {
          addElapsed()
          try checkpoint(position)
          return try stopped(position)
        }
        addElapsed()
        try finishValidation(&position, validation)
        if isComplete(position) { return .completed }
      }
      if position.stepInEpoch == run.stepsPerEpoch { break }
      let indices = SampleOrder.batch(
        step: position.stepInEpoch, batchSize: configuration.batchSize, of: order)
      try runStep(Array(indices), &position, following: order)
      if isComplete(position) {
        // max-steps ends the run within an epoch.
        addElapsed()
        try checkpoint(position)
        return .completed
      }
      run.activity.enter(.agreement)
      let requests = try RunRequests.take(run.communicator)
      if !requests.isEmpty || configuration.checkpointEvery.map({ position.step % $0 == 0 }) == true {
        addElapsed()
        try checkpoint(position)
      }
      if requests.contains(.stop) {
        return try stopped(position)
      }
    }

    guard run.validatesEpochEnd(atStep: position.step) else {
      try watch.check(run)
      try checkWeights(position)
      addElapsed()
      try finishEpoch(&position, nil)
      return .completed
    }
    let validation = try validate(position)
    addElapsed()
    guard let validation else {
      try checkpoint(position)
      return try stopped(position)
    }
    try finishEpoch(&position, validation)
    return .completed
  }

  /// What was measured of the validated weights.
  private struct Validation {
    /// Nil if there are no validation images.
    let images: ValueSums?
    let sets: [String: Double]

    /// The number by which the best checkpoint is chosen; NaN if there is none.
    func value(_ judge: BestMetric) -> Double {
      (judge.pictures == nil ? images?.metrics[judge.metric.name] : sets[judge.key]) ?? .nan
    }
  }

  /// Measures the validation images and the sets of pictures. Collective.
  ///
  /// - Returns: nil if a signal asked a rank to stop. It has left images out then, so the numbers do not count.
  private func validate(_ position: RunPosition) throws -> Validation? {
    try checkWeights(position)
    let sums = try images?.evaluator.run(validated, keeping: recorder == nil ? 0 : configuration.samples)
    let measured = Validation(images: sums, sets: try validation.measure())
    try watch.check(run)
    return try RunRequests.take(run.communicator).contains(.stop) ? nil : measured
  }

  private func stopped(_ position: RunPosition) throws -> RunOutcome {
    try recorder?.finish()
    // The same command with a checkpoint's path would return to that checkpoint, and remove the later ones.
    let change = configuration.resume == .auto ? "" : " with --resume auto"
    logger.notice(
      "stopped on request after step \(position.step); repeat the command\(change) to resume the run")
    return .stopped
  }

  /// Throws if the last update made weights that are not finite. No checkpoint may have them. Every rank throws the same error.
  private func checkWeights(_ position: RunPosition) throws {
    for weights in [run.weights.parameters, run.average].compactMap({ $0 })
    where !run.kernels.allFinite(weights.pointer, count: weights.count) {
      let entry = weights.layout.entries.first {
        !run.kernels.allFinite(weights.pointer(to: $0), count: $0.count)
      }
      throw NotFiniteError(weight: entry?.name ?? "", afterStep: position.step)
    }
  }

  private func checkpoint(_ position: RunPosition) throws {
    try watch.check(run)
    try checkWeights(position)
    run.activity.enter(.checkpoint)
    try recorder?.checkpoint(position, completedEpochs: position.epoch)
  }

  /// The images of the step after `position`'s; nil if that is the last one.
  ///
  /// - Parameter order: of the position's epoch.
  private func images(after position: RunPosition, following order: [Int]) -> TrainingStep.Images? {
    guard position.step + 1 < totalSteps else { return nil }
    let isInEpoch = position.stepInEpoch + 1 < run.stepsPerEpoch
    let epoch = isInEpoch ? position.epoch : position.epoch + 1
    let indices = SampleOrder.batch(
      step: isInEpoch ? position.stepInEpoch + 1 : 0, batchSize: configuration.batchSize,
      of: isInEpoch ? order : self.order.order(epoch: epoch))
    return .init(indices: Array(indices), epoch: epoch)
  }

  private func runStep(_ indices: [Int], _ position: inout RunPosition, following order: [Int]) throws {
    let rate = configuration.learningRateSchedule.rate(
      epoch: position.epoch, step: position.stepInEpoch, stepsPerEpoch: run.stepsPerEpoch,
      epochs: configuration.epochs)
    let batch = TrainingStep.Batch(
      indices: indices, epoch: position.epoch, step: position.step + 1, learningRate: rate)
    let started = ContinuousClock.now
    let rows = try step.run(batch, before: images(after: position, following: order)) { gradients in
      guard batch.step == 1, recorder != nil, let gradientDump else { return }
      try DirectoryCalls.createWithParents(DirectoryCalls.parent(of: gradientDump))
      try saveParameters(gradients, to: gradientDump)
    }
    let seconds = (ContinuousClock.now - started).seconds
    for row in rows { position.epochSums.add(row) }
    position.step += 1
    position.stepInEpoch += 1

    guard let recorder else { return }
    var batchSums = ValueSums(layout: step.layout)
    for row in rows { batchSums.add(row) }
    let record = StepRecord(
      epoch: position.epoch + 1, step: position.step, loss: batchSums.loss, terms: batchSums.terms,
      learningRate: rate, imagesPerSecond: Double(indices.count) / seconds,
      weightsSHA256: position.step == totalSteps ? weightsSHA256(run.weights.parameters) : nil)
    try recorder.record(record)
    onStep(
      TrainingProgress(
        epoch: position.epoch + 1, epochs: run.epochs, stepInEpoch: position.stepInEpoch,
        stepsPerEpoch: run.stepsPerEpoch, loss: record.loss, imagesPerSecond: record.imagesPerSecond))
  }

  /// Rank 0 records the epoch. Every rank moves on to the next one.
  ///
  /// - Parameter validation: nil if the epoch's end is not validated.
  private func finishEpoch(_ position: inout RunPosition, _ validation: Validation?) throws {
    let finished = position
    let isBest = validation.map { judge($0, &position, withinEpoch: false) } ?? false
    position.startEpoch(finished.epoch + 1)
    guard recorder != nil else { return }
    run.activity.enter(.checkpoint)
    let training = finished.epochSums
    var record = record(finished, validation)
    (record.trainLoss, record.trainTerms) = (training.loss, training.terms)
    for (name, value) in training.metrics { record[.train, name] = value }
    try recorder?.record(
      record, samples: validation.map { _ in samples } ?? [], position: position, isBest: isBest,
      isValidated: validation != nil)
  }

  /// Rank 0 records a validation within an epoch. Every rank notes that it is done.
  private func finishValidation(_ position: inout RunPosition, _ validation: Validation) throws {
    position.validatedStep = position.step
    let isBest = judge(validation, &position, withinEpoch: true)
    guard recorder != nil else { return }
    run.activity.enter(.checkpoint)
    var record = record(position, validation)
    record.fraction = Double(position.stepInEpoch) / Double(run.stepsPerEpoch)
    try recorder?.record(
      record, samples: samples, position: position, isBest: isBest, isValidated: true)
  }

  /// Whether the validated weights are the best so far. If they are, the position says so.
  private func judge(
    _ validation: Validation, _ position: inout RunPosition, withinEpoch: Bool
  ) -> Bool {
    guard let judge = position.judge else { return false }
    let value = validation.value(judge)
    // Weights without a number are never the best. No later ones could be compared with them.
    let isBest = position.best.map { judge.metric.isBetter(value, than: $0.value) } ?? !value.isNaN
    if isBest {
      position.best = .init(
        metric: judge.key, epoch: position.epoch + 1, step: withinEpoch ? position.step : nil, value: value)
    }
    return isBest
  }

  /// What is logged of a validation, without the numbers of training images.
  private func record(_ position: RunPosition, _ validation: Validation?) -> EpochRecord {
    let compared = run.validationMetrics.map(\.description).filter(\.isLoggedForBicubic).map(\.name)
    let sums = validation?.images
    return EpochRecord(
      epoch: position.epoch + 1, step: position.step, trainLoss: .nan, validLoss: sums?.loss ?? .nan,
      seconds: position.epochSeconds, validTerms: sums?.terms ?? [:], train: [:],
      valid: sums?.metrics ?? [:],
      bicubic: sums == nil ? [:] : images?.baseline.metrics.filter { compared.contains($0.key) } ?? [:],
      sets: validation.map { $0.sets.merging(bicubicOfSets) { $1 } } ?? [:])
  }

  /// Validation images as the validated weights enlarge them.
  private var samples: [SampleGrid.Sample] {
    images.map {
      $0.evaluator.samples(configuration.samples, weights: validated, baseline: $0.baseline)
    } ?? []
  }
}

extension RunContext {
  /// Whether a validation within an epoch is due at a position, and not done: every so many steps, and at the run's end.
  func owesValidation(_ position: RunPosition) -> Bool {
    guard let interval = evaluation.configuration.valEvery, measures,
      (1..<stepsPerEpoch).contains(position.stepInEpoch)
    else { return false }
    return (position.step % interval == 0 || position.step == totalSteps)
      && position.validatedStep != position.step
  }

  /// Whether the end of an epoch after so many steps is validated. If the steps alone end the run, `val-every` alone says when.
  func validatesEpochEnd(atStep step: Int) -> Bool {
    let configuration = evaluation.configuration
    guard let interval = configuration.valEvery, measures,
      configuration.epochs == TrainingConfiguration.mostEpochs
    else { return true }
    return step % interval == 0 || step == totalSteps
  }

  /// Whether there is anything to validate on.
  private var measures: Bool { data.valid != nil || !evaluation.configuration.val.isEmpty }
}

extension RunContext {
  /// Steps of an epoch. The last step may have a smaller batch.
  var stepsPerEpoch: Int {
    SampleOrder.stepsPerEpoch(count: samples.count, batchSize: evaluation.configuration.batchSize)
  }

  /// Steps of the whole run.
  var totalSteps: Int {
    min(evaluation.configuration.epochs * stepsPerEpoch, evaluation.configuration.maxSteps ?? .max)
  }

  /// Steps of the run that are left.
  func steps(after position: RunPosition) -> Int { max(0, totalSteps - position.step) }

  /// Epochs of the run, for a person to read: those of its steps, if the steps alone end it.
  var epochs: Int {
    let configuration = evaluation.configuration
    guard configuration.epochs == TrainingConfiguration.mostEpochs, let steps = configuration.maxSteps else {
      return configuration.epochs
    }
    return (steps + stepsPerEpoch - 1) / stepsPerEpoch
  }
}

extension Duration {
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
