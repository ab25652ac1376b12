import SRMetrics

/// The log line of one epoch, or of a validation within an epoch.
package struct EpochRecord: Codable, Equatable, Sendable {
  /// The images that a metric measures.
  package enum Part: String, Sendable, CaseIterable {
    /// The epoch's training images. Each is measured at the step that trained on it.
    case train
    /// The validation images.
    case valid
    /// Bicubic upsampling of the validation images.
    case bicubic
  }

  /// The epoch's number, from 1.
  package var epoch: Int
  /// Optimizer steps since the start of the run.
  package var step: Int
  /// The part of the epoch that was done when it was validated; nil at its end.
  package var fraction: Double?
  /// Mean over the epoch's images. Each image's loss is from the step that trained on it. NaN within an epoch.
  package var trainLoss: Double
  /// NaN also if the run has no validation images, or did not validate.
  package var validLoss: Double
  /// Wall-clock time of the epoch so far, validation included.
  package var seconds: Double
  /// SHA-256 of the weights after the epoch.
  package var weightsSHA256: String?
  /// Unweighted values of the loss's terms.
  package var trainTerms: [String: Double]
  package var validTerms: [String: Double]
  /// All other numbers, by their names in the log, such as `valid_psnr`.
  package private(set) var metrics: [String: Double]

  /// - Parameters:
  ///   - train: metrics of the training images, by name.
  ///   - valid: metrics of the validation images, by name.
  ///   - bicubic: metrics of bicubic upsampling, by name.
  ///   - sets: metrics of sets of pictures, by their names in the log.
  package init(
    epoch: Int, step: Int, fraction: Double? = nil, trainLoss: Double, validLoss: Double, seconds: Double,
    weightsSHA256: String? = nil, trainTerms: [String: Double] = [:], validTerms: [String: Double] = [:],
    train: [String: Double], valid: [String: Double], bicubic: [String: Double],
    sets: [String: Double] = [:]
  ) {
    self.epoch = epoch
    self.step = step
    self.fraction = fraction
    self.trainLoss = trainLoss
    self.validLoss = validLoss
    self.seconds = seconds
    self.weightsSHA256 = weightsSHA256
    self.trainTerms = trainTerms
    self.validTerms = validTerms
    metrics = sets
    for (part, values) in [(Part.train, train), (.valid, valid), (.bicubic, bicubic)] {
      for (name, value) in values { self[part, name] = value }
    }
  }

  /// The epochs that were done, as a number for curves.
  package var epochsDone: Double { Double(epoch - 1) + (fraction ?? 1) }

  /// Whether images of a part were measured.
  package func measures(_ part: Part) -> Bool {
    let loss =
      switch part {
      case .train: trainLoss
      case .valid: validLoss
      case .bicubic: Double.nan
      }
    return !loss.isNaN || metrics.keys.contains { $0.hasPrefix("\(part.rawValue)_") }
  }

  /// A metric by its name; nil if it was not measured.
  package subscript(part: Part, metric: String) -> Double? {
    get { metrics[Self.key(part, metric)] }
    set { metrics[Self.key(part, metric)] = newValue }
  }

  /// A metric's name in the log, such as `valid_psnr`.
  package static func key(_ part: Part, _ metric: String) -> String { "\(part.rawValue)_\(metric)" }

  /// The name in the log of a metric of a set of pictures, such as `Set5/psnr` or `Set5/bicubic_psnr`.
  package static func key(set: String, _ metric: String, ofBicubic: Bool = false) -> String {
    "\(set)/\(ofBicubic ? "\(Part.bicubic.rawValue)_" : "")\(metric)"
  }

  /// The names of the sets of pictures that were measured, sorted.
  package var sets: [String] {
    Set(metrics.keys.compactMap { $0.split(separator: "/").dropLast().last.map(String.init) }).sorted()
  }

  /// A number by its name in the log; nil if it was not measured.
  package func value(_ key: String) -> Double? { metrics[key] }

  /// The metrics that begin a row of `metrics.csv` and a TensorBoard event, whether or not they were measured.
  private static let leadingMetrics: [String] = {
    let metrics: [MetricDescription] = [.psnr, .ssim, .mse]
    let ofModel = metrics.flatMap { metric in
      (metric.isForTraining ? [key(.train, metric.name)] : []) + [key(.valid, metric.name)]
    }
    return ofModel + metrics.filter(\.isLoggedForBicubic).map { key(.bicubic, $0.name) }
  }()

  /// The numbers that every record has a place for, in the order of the columns of `metrics.csv`.
  var leadingNumbers: [(name: String, value: Double?)] {
    [
      (CodingKeys.trainLoss.rawValue, measures(.train) ? trainLoss : nil),
      (CodingKeys.validLoss.rawValue, measures(.valid) ? validLoss : nil),
    ]
      + Self.leadingMetrics.map { ($0, metrics[$0]) } + [(CodingKeys.seconds.rawValue, seconds)]
  }

  /// The metrics that are not among ``leadingNumbers``.
  var furtherMetrics: [String: Double] { metrics.filter { !Self.leadingMetrics.contains($0.key) } }
}

extension EpochRecord {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case kind
    case epoch
    case step
    case fraction
    case trainLoss = "train_loss"
    case validLoss = "valid_loss"
    case seconds
    case weightsSHA256 = "weights_sha256"
    case trainTerms = "train_terms"
    case validTerms = "valid_terms"
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    epoch = try container.decode(Int.self, forKey: .epoch)
    step = try container.decode(Int.self, forKey: .step)
    fraction = try container.decodeIfPresent(Double.self, forKey: .fraction)
    trainLoss =
      try fraction == nil
      ? container.decode(Double.self, forKey: .trainLoss)
      : container.decodeIfPresent(Double.self, forKey: .trainLoss) ?? .nan
    validLoss = try container.decodeIfPresent(Double.self, forKey: .validLoss) ?? .nan
    seconds = try container.decode(Double.self, forKey: .seconds)
    weightsSHA256 = try container.decodeIfPresent(String.self, forKey: .weightsSHA256)
    trainTerms = try container.decodeIfPresent([String: Double].self, forKey: .trainTerms) ?? [:]
    validTerms = try container.decodeIfPresent([String: Double].self, forKey: .validTerms) ?? [:]
    metrics = try MetricKey.metrics(in: decoder, besides: CodingKeys.allCases.map(\.rawValue))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(fraction == nil ? MetricsLine.Kind.epoch : .validation, forKey: .kind)
    try container.encode(epoch, forKey: .epoch)
    try container.encode(step, forKey: .step)
    try container.encodeIfPresent(fraction, forKey: .fraction)
    if fraction == nil || measures(.train) { try container.encode(trainLoss, forKey: .trainLoss) }
    if measures(.valid) { try container.encode(validLoss, forKey: .validLoss) }
    try container.encode(seconds, forKey: .seconds)
    try container.encodeIfPresent(weightsSHA256, forKey: .weightsSHA256)
    if !trainTerms.isEmpty { try container.encode(trainTerms, forKey: .trainTerms) }
    if !validTerms.isEmpty { try container.encode(validTerms, forKey: .validTerms) }
    try MetricKey.encode(metrics, to: encoder, besides: CodingKeys.allCases.map(\.rawValue))
  }
}
