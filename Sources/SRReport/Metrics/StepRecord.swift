/// The log line of one optimizer step.
package struct StepRecord: Codable, Equatable, Sendable {
  /// The epoch's number, from 1.
  package var epoch: Int
  /// Optimizer steps since the start of the run, including this one.
  package var step: Int
  /// The weighted sum of ``terms``, a mean over the global batch.
  package var loss: Double
  /// Unweighted value of each term of the loss.
  package var terms: [String: Double]
  package var learningRate: Double
  /// The throughput of all ranks together.
  package var imagesPerSecond: Double
  /// SHA-256 of the weights after this step. Only a run's last step has it.
  package var weightsSHA256: String?
  /// Further numbers by name.
  package var metrics: [String: Double]

  package init(
    epoch: Int, step: Int, loss: Double, terms: [String: Double], learningRate: Double,
    imagesPerSecond: Double, weightsSHA256: String? = nil, metrics: [String: Double] = [:]
  ) {
    self.epoch = epoch
    self.step = step
    self.loss = loss
    self.terms = terms
    self.learningRate = learningRate
    self.imagesPerSecond = imagesPerSecond
    self.weightsSHA256 = weightsSHA256
    self.metrics = metrics
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case kind
    case epoch
    case step
    case loss
    case terms
    case learningRate = "learning_rate"
    case imagesPerSecond = "images_per_second"
    case weightsSHA256 = "weights_sha256"
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    epoch = try container.decode(Int.self, forKey: .epoch)
    step = try container.decode(Int.self, forKey: .step)
    loss = try container.decode(Double.self, forKey: .loss)
    terms = try container.decode([String: Double].self, forKey: .terms)
    learningRate = try container.decode(Double.self, forKey: .learningRate)
    imagesPerSecond = try container.decode(Double.self, forKey: .imagesPerSecond)
    weightsSHA256 = try container.decodeIfPresent(String.self, forKey: .weightsSHA256)
    metrics = try MetricKey.metrics(in: decoder, besides: CodingKeys.allCases.map(\.rawValue))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(MetricsLine.Kind.step, forKey: .kind)
    try container.encode(epoch, forKey: .epoch)
    try container.encode(step, forKey: .step)
    try container.encode(loss, forKey: .loss)
    try container.encode(terms, forKey: .terms)
    try container.encode(learningRate, forKey: .learningRate)
    try container.encode(imagesPerSecond, forKey: .imagesPerSecond)
    try container.encodeIfPresent(weightsSHA256, forKey: .weightsSHA256)
    try MetricKey.encode(metrics, to: encoder, besides: CodingKeys.allCases.map(\.rawValue))
  }
}
