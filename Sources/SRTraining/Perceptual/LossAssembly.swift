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

  /// - Parameters:
  ///   - height: of the high-resolution images.
  ///   - width: of the high-resolution images.
  /// - Throws: ``LossTermError`` where the loss cannot be read, ``ConfigurationError`` where weights are missing or a
  ///   term's network needs larger images, and what reading the weights throws.
  init(_ configuration: TrainingConfiguration, height: Int, width: Int, kernels: any KernelSet) throws {
    let weights = PerceptualWeights(directory: configuration.weightsDir)
    let perceptual = PerceptualLosses(weights: weights, height: height, width: width, kernels: kernels)
    var provenance: [String] = []
    var networkFloats = 0
    func make(_ kind: LossTerm.Kind) throws -> any Loss {
      if let loss = kind.pixelLoss(kernels: kernels) { return loss }
      let built =
        if let net = kind.lpipsNet {
          try perceptual.lpips(net, input: configuration.lpipsInput, linear: configuration.lpipsLinear)
        } else {
          try perceptual.vgg(input: configuration.vggInput)
        }
      provenance.append(built.provenance)
      networkFloats += built.weightCount
      return built.loss
    }
    loss = WeightedSum(
      try LossTerm.parse(configuration.loss).map { WeightedSum.Term(try make($0.kind), weight: $0.weight) })
    var metric: ImageMetrics.Perceptual?
    if let reason = perceptual.misfit(.alexNet) {
      if weights.has(.alex) { provenance.append("metric lpips is left out: \(reason)") }
    } else if weights.has(.alex) {
      let built = try perceptual.lpips(.alex, input: .symmetric, linear: .v01)
      metric = ImageMetrics.Perceptual(name: "lpips", loss: built.loss)
      networkFloats += built.weightCount
      provenance.append("metric lpips: \(built.provenance)")
    }
    perceptualMetric = metric
    self.networkFloats = networkFloats
    self.provenance = provenance
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
