import SRCheckpoint
import SRFiles
import SRKernels
import SRLosses

/// The configuration's loss, made of losses and the networks they need.
struct LossAssembly: Sendable {
  let loss: WeightedSum
  /// LPIPS as everyone reports it (AlexNet, symmetric input), where its weights are at hand and the images large enough
  /// for it: a validation metric.
  let perceptualMetric: ImageMetrics.Perceptual?
  /// Floats of the networks' weights.
  let networkFloats: Int
  /// What each perceptual term and metric is made of, or why the metric is left out, a line each.
  let provenance: [String]
  /// SHA-256 of the weight files of the loss's networks and of the metric's, by name.
  let networkSHA256: [String: String]
  let metricNetworkSHA256: [String: String]

  /// - Parameters:
  ///   - height: of the high-resolution images.
  ///   - width: of the high-resolution images.
  ///   - pairs: the most image pairs that the loss compares together.
  /// - Throws: ``ConfigurationError`` where weights are missing or a term's network needs larger images, and what reading
  ///   the weights throws.
  init(
    _ configuration: TrainingConfiguration, height: Int, width: Int, pairs: Int, kernels: any KernelSet
  ) throws {
    let weights = PerceptualWeights(directory: configuration.weightsDir)
    let perceptual = PerceptualLosses(weights: weights, height: height, width: width, kernels: kernels)
    var provenance: [String] = []
    var networkFloats = 0
    var networkSHA256: [String: String] = [:]
    func make(_ kind: LossTerm.Kind) throws -> any Loss {
      if let loss = kind.pixelLoss(kernels: kernels) { return loss }
      let built =
        if let net = kind.lpipsNet {
          try perceptual.lpips(
            net, input: configuration.lpipsInput, linear: configuration.lpipsLinear, pairs: pairs)
        } else {
          try perceptual.vgg(input: configuration.vggInput, pairs: pairs)
        }
      provenance.append(built.provenance)
      networkFloats += built.weightCount
      networkSHA256.merge(try Self.digests(built.files)) { $1 }
      return built.loss
    }
    loss = WeightedSum(
      try configuration.loss.map { WeightedSum.Term(try make($0.kind), weight: $0.weight) })
    var metric: ImageMetrics.Perceptual?
    var metricNetworkSHA256: [String: String] = [:]
    if let reason = perceptual.misfit(.alexNet)
      ?? weights.missingForMetric.map({ "there is no \($0) (`scripts/fetch-weights` brings it)" })
    {
      provenance.append("metric lpips is left out: \(reason)")
    } else {
      let built = try perceptual.lpips(.alex, input: .symmetric, linear: .v01, pairs: 1)
      metric = ImageMetrics.Perceptual(name: "lpips", loss: built.loss)
      networkFloats += built.weightCount
      provenance.append("metric lpips: \(built.provenance)")
      metricNetworkSHA256 = try Self.digests(built.files)
    }
    perceptualMetric = metric
    self.networkFloats = networkFloats
    self.provenance = provenance
    self.networkSHA256 = networkSHA256
    self.metricNetworkSHA256 = metricNetworkSHA256
  }

  private static func digests(_ files: [PerceptualWeights.File]) throws -> [String: String] {
    Dictionary(
      try files.map { ($0.name, try FileDigest(ofFile: $0.path).sha256) }, uniquingKeysWith: { $1 })
  }
}

extension LossTerm.Kind {
  /// The network of an LPIPS term.
  fileprivate var lpipsNet: LPIPSNet? {
    switch self {
    case .lpipsVGG: .vgg
    case .lpipsAlex: .alex
    case .lpipsSqueeze: .squeeze
    default: nil
    }
  }
}
