import SRCheckpoint
import SRFiles
import SRKernels
import SRLayers
import SRLosses
import SRMetrics

/// The configuration's loss and the metrics, with the networks that they need.
struct LossAssembly: Sendable {
  let loss: WeightedSum
  /// All metrics, in the order in which they are reported. The last one is LPIPS as everyone reports it (AlexNet, symmetric
  /// input), if its weights exist and the images are large enough.
  let metrics: [Metric]
  /// The terms whose factors are found when the run starts (``TrunkBalance``).
  let balance: TrunkBalance
  /// The networks' features of targets.
  let targetFeatures: [TargetFeatures]
  /// Floats of the networks' weights.
  let networkFloats: Int
  /// One line for each perceptual term and metric: its network and weight files, or why the metric is left out.
  let provenance: [String]
  /// SHA-256 of the weight files of the loss's networks and of the metric's networks, by name.
  let networkSHA256: [String: String]
  let metricNetworkSHA256: [String: String]

  /// - Parameters:
  ///   - shape: of the high-resolution images.
  ///   - inputChannels: of the low-resolution images.
  ///   - pairs: the most image pairs that the loss compares together.
  ///   - purpose: for training, the loss can compute gradients. Metrics never can.
  ///   - progress: called repeatedly while networks are read.
  /// - Throws: ``ConfigurationError`` if weights are missing or if a term cannot be computed for images of this shape, and what
  ///   reading the weights throws.
  init(
    _ configuration: TrainingConfiguration, shape: ImageShape, inputChannels: Int, pairs: Int,
    purpose: LayerPlanner.Purpose,
    kernels: any KernelSet, progress: () -> Void = {}
  ) throws {
    let weights = PerceptualWeights(directory: configuration.weightsDir)
    let perceptual = PerceptualLosses(weights: weights, shape: shape, kernels: kernels)
    var provenance: [String] = []
    var networkFloats = 0
    var targetFeatures: [TargetFeatures] = []
    var networkSHA256: [String: String] = [:]
    var balance = TrunkBalance()
    func make(_ kind: LossKind) throws -> any Loss {
      if let reason = kind.misfit(shape) {
        let remedy =
          kind.takes(channels: shape.channels) ? ", or prepare larger ones (`srdist prepare --crop`)" : ""
        throw ConfigurationError(
          "loss: \(kind.name) cannot be computed: \(reason). Leave it out of --loss\(remedy).")
      }
      if kind.comparesWithInput, inputChannels != shape.channels {
        throw ConfigurationError(
          "loss: \(kind.name) cannot be computed: it compares the result with the input, and they have \(shape.channels) and "
            + "\(inputChannels) channels. Leave it out of --loss.")
      }
      if let loss = kind.pixelLoss(kernels: kernels) { return loss }
      let built = try perceptual.loss(kind, configuration, pairs: pairs, purpose: purpose)
      let isBalanced = configuration.trunkBalance == .on || built.isOverTorchvision
      let advice = isBalanced || purpose != .training ? "" : Self.balanceAdvice
      provenance.append(built.provenance + advice)
      networkFloats += built.weightCount
      targetFeatures.append(built.features)
      progress()
      networkSHA256.merge(try Self.digests(built.files, progress)) { $1 }
      if configuration.trunkBalance == .off || built.isOverTorchvision { return built.loss }
      return try balance.balanced(built.loss, kind, configuration)
    }
    loss = WeightedSum(
      try configuration.loss.map { WeightedSum.Term(try make($0.kind), weight: $0.weight) })

    self.balance = balance

    var metrics = Metric.pixelMetrics
    if inputChannels != shape.channels {
      metrics.removeAll { $0.description == .lowResPSNR }
      provenance.append(
        "metric \(MetricDescription.lowResPSNR.name) is left out: the result has \(shape.channels) channels, and the input "
          + "\(inputChannels)")
    }
    var metricNetworkSHA256: [String: String] = [:]
    if let reason = try perceptual.obstacleToMetric {
      provenance.append("metric lpips is left out: \(reason)")
    } else {
      let built = try perceptual.metric()
      metrics.append(Metric(.lpips, loss: built.loss))
      networkFloats += built.weightCount
      targetFeatures.append(built.features)
      provenance.append("metric lpips: \(built.provenance)")
      progress()
      metricNetworkSHA256 = try Self.digests(built.files, progress)
    }
    self.metrics = metrics
    self.targetFeatures = targetFeatures
    self.networkFloats = networkFloats
    self.provenance = provenance
    self.networkSHA256 = networkSHA256
    self.metricNetworkSHA256 = metricNetworkSHA256
  }

  private static let balanceAdvice =
    ". Its size is not that of the paper's loss; with --trunk-balance on, it weighs as much"

  static func digests(
    _ files: [PerceptualWeights.File], _ progress: () -> Void
  ) throws -> [String: String] {
    Dictionary(
      try files.map { ($0.name, try FileDigest(ofFile: $0.path, progress: progress).sha256) },
      uniquingKeysWith: { $1 })
  }
}

extension Metric {
  /// A loss's distance as a metric.
  init(_ description: MetricDescription, loss: any Loss) {
    self.init(description, scratchCount: { shape, _ in loss.scratchCount(shape) }) { measured in
      loss.evaluate([measured.pair], weight: 0, scratch: measured.scratch)[0]
    }
  }
}
