import SRModels

/// Where a run stands. Together with the arenas, this is all that a run needs to resume and reach the same bits.
package struct CheckpointState: Codable, Equatable, Sendable {
  /// The version that this code writes and reads.
  package static let currentFormatVersion = 1

  /// The best epoch so far, and the metric that it was chosen by.
  package struct Best: Codable, Equatable, Sendable {
    /// Such as `valid_psnr`.
    package var metric: String
    package var epoch: Int
    /// The step after which the run validated, if that was within the epoch; nil at its end.
    package var step: Int?
    package var value: Double

    package init(metric: String, epoch: Int, step: Int? = nil, value: Double) {
      self.metric = metric
      self.epoch = epoch
      self.step = step
      self.value = value
    }
  }

  /// The position of the learning rate schedule.
  package struct LearningRate: Codable, Equatable, Sendable {
    /// The rate of the next step.
    package var rate: Double

    package init(rate: Double) { self.rate = rate }
  }

  package var formatVersion = Self.currentFormatVersion
  /// The epoch that the next step belongs to, from 1.
  package var epoch: Int
  /// Optimizer steps that are done since the start of the run.
  package var step: Int
  /// Steps of ``epoch`` that are done.
  package var stepInEpoch: Int
  /// Epochs that are done and, if the run does so, validated. Their lines are in the log.
  package var completedEpochs: Int
  /// The last step after which the run validated within an epoch; nil if it never did.
  package var validatedStep: Int?
  package var seed: UInt64
  package var learningRate: LearningRate
  package var best: Best?
  /// The metric by which the next epochs are compared with the best one, such as `psnr` or `Set5/psnr`; nil in checkpoints of
  /// versions that did not record it.
  package var bestMetric: String?
  /// The network that is trained; nil in checkpoints of versions that did not record it.
  package var model: ModelDescription?
  /// The run's configuration, as YAML.
  package var configuration: String
  package var dataSHA256: String
  /// SHA-256 of the weight files of the loss's networks, by name; nil in checkpoints of versions that did not record it.
  package var networkSHA256: [String: String]?
  /// The factors of perceptual terms that weigh as much as over another network, by the terms' names; nil if there are none.
  package var trunkFactors: [String: Double]?
  /// SHA-256 of the weights that a file gave the run's start; nil if no file did, or in checkpoints of versions that did not
  /// record it.
  package var initWeightsSHA256: String?
  /// SHA-256 of the pictures of each set that validations measure, by name; nil in checkpoints of versions that did not record
  /// it.
  package var validationSHA256: [String: String]?
  /// ``SRCheckpoint/weightsSHA256(_:)`` of the weights. Writing the checkpoint sets it.
  package var weightsSHA256: String
  package var srdistVersion: String
  /// The ``ArithmeticVersion`` of the program that wrote it; nil in checkpoints of versions that did not record it.
  package var arithmeticVersion: Int?
  /// Sums over the part of the epoch that is done, under names that the trainer chooses. With them, a resumed run writes the
  /// same log line for the epoch as an uninterrupted run.
  package var epochSums: [String: [Double]]

  package init(
    epoch: Int, step: Int, stepInEpoch: Int, completedEpochs: Int, validatedStep: Int? = nil, seed: UInt64,
    learningRate: LearningRate,
    best: Best? = nil, bestMetric: String? = nil, model: ModelDescription? = nil, configuration: String,
    dataSHA256: String,
    networkSHA256: [String: String]? = nil, trunkFactors: [String: Double]? = nil,
    initWeightsSHA256: String? = nil,
    validationSHA256: [String: String]? = nil, weightsSHA256: String = "", srdistVersion: String,
    arithmeticVersion: Int? = nil, epochSums: [String: [Double]] = [:]
  ) {
    self.epoch = epoch
    self.step = step
    self.stepInEpoch = stepInEpoch
    self.completedEpochs = completedEpochs
    self.validatedStep = validatedStep
    self.seed = seed
    self.learningRate = learningRate
    self.best = best
    self.bestMetric = bestMetric
    self.model = model
    self.configuration = configuration
    self.dataSHA256 = dataSHA256
    self.networkSHA256 = networkSHA256
    self.trunkFactors = trunkFactors
    self.initWeightsSHA256 = initWeightsSHA256
    self.validationSHA256 = validationSHA256
    self.weightsSHA256 = weightsSHA256
    self.srdistVersion = srdistVersion
    self.arithmeticVersion = arithmeticVersion
    self.epochSums = epochSums
  }

  enum CodingKeys: String, CodingKey {
    case formatVersion = "format_version"
    case epoch
    case step
    case stepInEpoch = "step_in_epoch"
    case completedEpochs = "completed_epochs"
    case validatedStep = "validated_step"
    case seed
    case learningRate = "learning_rate"
    case best
    case bestMetric = "best_metric"
    case model
    case configuration
    case dataSHA256 = "data_sha256"
    case networkSHA256 = "network_sha256"
    case trunkFactors = "trunk_factors"
    case initWeightsSHA256 = "init_weights_sha256"
    case validationSHA256 = "validation_sha256"
    case weightsSHA256 = "weights_sha256"
    case srdistVersion = "srdist_version"
    case arithmeticVersion = "arithmetic_version"
    case epochSums = "epoch_sums"
  }
}

extension CheckpointState {
  /// Such as `lpips_vgg=1.25,vgg=0.0001`, sorted by name.
  package static func text(ofFactors factors: [String: Double]) -> String {
    factors.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
  }

  /// What makes no sense, with the field's name; nil if all values are in their ranges and agree with each other.
  ///
  /// Programs can rely on this: no number overflows when epochs and steps are counted with it.
  package var problem: String? {
    func check(_ isGood: Bool, _ key: CodingKeys, _ found: Any, _ expected: String) -> String? {
      isGood ? nil : "\(key.rawValue) is \(found), expected \(expected)"
    }
    let most = Int(Int32.max)
    let problem =
      check((1...most).contains(epoch), .epoch, epoch, "1 to \(most)")
      ?? check(
        completedEpochs == epoch - 1, .completedEpochs, completedEpochs,
        "one less than \(CodingKeys.epoch.rawValue)")
      ?? check((0...Self.mostSteps).contains(step), .step, step, "0 to \(Self.mostSteps)")
      ?? check(
        (0...step).contains(stepInEpoch), .stepInEpoch, stepInEpoch, "0 to \(step), the steps of the run")
    if let problem { return problem }
    let earlier = step - stepInEpoch
    let isWhole =
      completedEpochs == 0
      ? earlier == 0
      : earlier % completedEpochs == 0 && earlier >= completedEpochs
        && stepInEpoch <= earlier / completedEpochs
    if let (term, factor) = trunkFactors?.first(where: { !($0.value > 0 && $0.value.isFinite) }) {
      return check(false, .trunkFactors, "\(factor) for \(term)", "a finite number above 0")
    }
    return check(
      isWhole, .step, step,
      "\(completedEpochs) epochs of equal length and the \(stepInEpoch) steps after them")
      ?? check(
        learningRate.rate.isFinite && learningRate.rate >= 0, .learningRate, learningRate.rate,
        "a finite rate of at least 0")
      ?? validatedStep.flatMap {
        check((1...max(1, step)).contains($0), .validatedStep, $0, "one of the \(step) steps")
      }
      ?? best.flatMap { best in
        let isWithin = best.step.map { (1...max(1, step)).contains($0) && best.epoch <= epoch } ?? false
        let isEnd = best.step == nil && best.epoch <= completedEpochs
        return check(
          best.epoch >= 1 && (isWithin || isEnd) && !best.value.isNaN,
          .best,
          "\(best.value) in epoch \(best.epoch)", "a number and one of the \(completedEpochs) epochs")
      }
  }

  /// The whole numbers up to this one are exact in JSON.
  private static let mostSteps = 1 << 53
}
