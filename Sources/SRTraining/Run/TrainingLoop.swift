import Foundation
import Logging
import SRCheckpoint
import SRData
import SRDistributed
import SRMetrics
import SRReport
import SRTensor

/// How a run ended.
package enum RunOutcome: Sendable {
  case completed
  /// A signal stopped the run. A checkpoint was written, and the run can be resumed.
  case stopped
}

/// Runs the epochs' steps. Validation, a picture and a checkpoint follow each epoch.
struct TrainingLoop {
  private let run: RunContext
  private let step: TrainingStep
  private let order: SampleOrder
  private let evaluator: Evaluator
  private let baseline: BaselineEvaluation
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
    evaluator = Evaluator(run.evaluation, .validation, within: run.workers)
    validated = run.validatedWeights
    baseline = try BaselineEvaluation(run.evaluation, .validation)
    self.validation = validation
    bicubicOfSets = try validation.measureBicubic()
  }

  private var configuration: TrainingConfiguration { run.configuration }

  /// Steps of the whole run.
  private var totalSteps: Int { run.totalSteps }

  /// Trains from `position` to the end of the run, or until a request to stop. Collective.
  func run(_ position: inout RunPosition) throws -> RunOutcome {
    if isComplete(position) {
      logger.info("the run is complete: \(position.step) steps are done")
      try recorder?.completeCheckpoints(position)
    }
    while !isComplete(position) {
      let outcome = try runEpoch(&position)
      for problem in try features?.problems() ?? [] { logger.warning("\(problem)") }
      if outcome == .stopped { return .stopped }
    }
    return .completed
  }

  /// Whether all steps are done, and the last epoch validated if all of its steps are.
  private func isComplete(_ position: RunPosition) -> Bool {
    position.step >= totalSteps && position.stepInEpoch < run.stepsPerEpoch
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
    while position.stepInEpoch < run.stepsPerEpoch {
      let indices = SampleOrder.batch(
        step: position.stepInEpoch, batchSize: configuration.batchSize, of: order)
      try runStep(Array(indices), &position, following: order)
      if position.step == totalSteps && position.stepInEpoch < run.stepsPerEpoch {
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

    let sums = try evaluator.run(validated, keeping: recorder == nil ? 0 : configuration.samples)
    let ofSets = try validation.measure()
    try watch.check(run)
    addElapsed()
    // Ranks that were asked to stop have left images out, so the numbers count only if none was.
    if try RunRequests.take(run.communicator).contains(.stop) {
      try checkpoint(position)
      return try stopped(position)
    }
    try finishEpoch(&position, validation: sums, ofSets: ofSets)
    return .completed
  }

  private func stopped(_ position: RunPosition) throws -> RunOutcome {
    try recorder?.finish()
    // The same command with a checkpoint's path would return to that checkpoint, and remove the later ones.
    let change = configuration.resume == .auto ? "" : " with --resume auto"
    logger.notice(
      "stopped on request after step \(position.step); repeat the command\(change) to resume the run")
    return .stopped
  }

  private func checkpoint(_ position: RunPosition) throws {
    try watch.check(run)
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
    let rows = try step.run(batch, before: images(after: position, following: order))
    let seconds = (ContinuousClock.now - started).seconds
    for row in rows { position.epochSums.add(row) }
    position.step += 1
    position.stepInEpoch += 1

    guard let recorder else { return }
    if position.step == 1, let gradientDump { try saveParameters(step.gradients, to: gradientDump) }
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
  private func finishEpoch(
    _ position: inout RunPosition, validation: ValueSums, ofSets: [String: Double]
  ) throws {
    let epoch = position.epoch
    let training = position.epochSums
    let seconds = position.epochSeconds
    let judge = position.judge
    let value = (judge.pictures == nil ? validation.metrics[judge.metric.name] : ofSets[judge.key]) ?? .nan
    // An epoch without a number is never the best. No later epoch could be compared with it.
    let isBest = position.best.map { judge.metric.isBetter(value, than: $0.value) } ?? !value.isNaN
    if isBest { position.best = .init(metric: judge.key, epoch: epoch + 1, value: value) }
    position.startEpoch(epoch + 1)
    guard let recorder else { return }
    run.activity.enter(.checkpoint)

    let compared = run.validationMetrics.map(\.description).filter(\.isLoggedForBicubic).map(\.name)
    let record = EpochRecord(
      epoch: epoch + 1, step: position.step, trainLoss: training.loss, validLoss: validation.loss,
      seconds: seconds, trainTerms: training.terms, validTerms: validation.terms, train: training.metrics,
      valid: validation.metrics,
      bicubic: baseline.metrics.filter { compared.contains($0.key) },
      sets: ofSets.merging(bicubicOfSets) { $1 })
    let samples = evaluator.samples(configuration.samples, weights: validated, baseline: baseline)
    try recorder.record(record, samples: samples, position: position, isBest: isBest)
  }
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
