/// The log line of one epoch. Intensities are 0...1; PSNR is in dB with a peak of 1; SSIM has the Gaussian
/// window.
package struct EpochRecord: Codable, Equatable, Sendable {
  /// From 1.
  package var epoch: Int
  /// Optimizer steps since the start of the run.
  package var step: Int
  /// Mean over the epoch's images, each taken at the step that trained on it.
  package var trainLoss: Double
  package var validLoss: Double
  package var trainPSNR: Double
  package var validPSNR: Double
  package var trainSSIM: Double
  package var validSSIM: Double
  package var validMSE: Double
  /// PSNR and SSIM of bicubic upsampling of the validation images.
  package var bicubicPSNR: Double
  package var bicubicSSIM: Double
  /// Wall-clock time of the epoch, validation included.
  package var seconds: Double
  /// Of the weights after the epoch.
  package var weightsSHA256: String?
  /// Unweighted values of the loss's terms.
  package var trainTerms: [String: Double]
  package var validTerms: [String: Double]
  /// Further numbers by name, such as `valid_lpips`.
  package var metrics: [String: Double]

  package init(
    epoch: Int, step: Int, trainLoss: Double, validLoss: Double, trainPSNR: Double, validPSNR: Double,
    trainSSIM: Double, validSSIM: Double, validMSE: Double, bicubicPSNR: Double, bicubicSSIM: Double,
    seconds: Double, weightsSHA256: String? = nil, trainTerms: [String: Double] = [:],
    validTerms: [String: Double] = [:], metrics: [String: Double] = [:]
  ) {
    self.epoch = epoch
    self.step = step
    self.trainLoss = trainLoss
    self.validLoss = validLoss
    self.trainPSNR = trainPSNR
    self.validPSNR = validPSNR
    self.trainSSIM = trainSSIM
    self.validSSIM = validSSIM
    self.validMSE = validMSE
    self.bicubicPSNR = bicubicPSNR
    self.bicubicSSIM = bicubicSSIM
    self.seconds = seconds
    self.weightsSHA256 = weightsSHA256
    self.trainTerms = trainTerms
    self.validTerms = validTerms
    self.metrics = metrics
  }

  /// In the order of the columns of `metrics.csv`.
  enum CodingKeys: String, CodingKey, CaseIterable {
    case kind
    case epoch
    case step
    case trainLoss = "train_loss"
    case validLoss = "valid_loss"
    case trainPSNR = "train_psnr"
    case validPSNR = "valid_psnr"
    case trainSSIM = "train_ssim"
    case validSSIM = "valid_ssim"
    case validMSE = "valid_mse"
    case bicubicPSNR = "bicubic_psnr"
    case bicubicSSIM = "bicubic_ssim"
    case seconds
    case weightsSHA256 = "weights_sha256"
    case trainTerms = "train_terms"
    case validTerms = "valid_terms"
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Double { try container.decode(Double.self, forKey: key) }
    epoch = try container.decode(Int.self, forKey: .epoch)
    step = try container.decode(Int.self, forKey: .step)
    trainLoss = try number(.trainLoss)
    validLoss = try number(.validLoss)
    trainPSNR = try number(.trainPSNR)
    validPSNR = try number(.validPSNR)
    trainSSIM = try number(.trainSSIM)
    validSSIM = try number(.validSSIM)
    validMSE = try number(.validMSE)
    bicubicPSNR = try number(.bicubicPSNR)
    bicubicSSIM = try number(.bicubicSSIM)
    seconds = try number(.seconds)
    weightsSHA256 = try container.decodeIfPresent(String.self, forKey: .weightsSHA256)
    trainTerms = try container.decodeIfPresent([String: Double].self, forKey: .trainTerms) ?? [:]
    validTerms = try container.decodeIfPresent([String: Double].self, forKey: .validTerms) ?? [:]
    metrics = try MetricKey.metrics(in: decoder, besides: CodingKeys.allCases.map(\.rawValue))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(MetricsLine.Kind.epoch, forKey: .kind)
    try container.encode(epoch, forKey: .epoch)
    try container.encode(step, forKey: .step)
    for (key, value) in numbers { try container.encode(value, forKey: key) }
    try container.encodeIfPresent(weightsSHA256, forKey: .weightsSHA256)
    if !trainTerms.isEmpty { try container.encode(trainTerms, forKey: .trainTerms) }
    if !validTerms.isEmpty { try container.encode(validTerms, forKey: .validTerms) }
    try MetricKey.encode(metrics, to: encoder, besides: CodingKeys.allCases.map(\.rawValue))
  }

  /// The measured numbers, in the order of the columns of `metrics.csv`.
  var numbers: [(key: CodingKeys, value: Double)] {
    [
      (.trainLoss, trainLoss), (.validLoss, validLoss), (.trainPSNR, trainPSNR), (.validPSNR, validPSNR),
      (.trainSSIM, trainSSIM), (.validSSIM, validSSIM), (.validMSE, validMSE), (.bicubicPSNR, bicubicPSNR),
      (.bicubicSSIM, bicubicSSIM), (.seconds, seconds),
    ]
  }
}
