import SRCheckpoint
import SRKernels
import SRLayers
import SRLosses
import SRModels
import SRTensor

/// Builds the losses that compare a frozen network's features, for one image size.
struct PerceptualLosses {
  let weights: PerceptualWeights
  /// Shape of the high-resolution images. The caller has checked that it fits the loss (``LossKind/misfit(_:)``).
  let shape: ImageShape
  let kernels: any KernelSet

  /// A loss, and a line that says what it was built from.
  struct Built {
    let loss: any Loss
    /// Floats of the network's weights.
    let weightCount: Int
    let provenance: String
    /// The network's features of targets.
    let features: TargetFeatures
    /// The files of its weights.
    let files: [PerceptualWeights.File]
    /// Whether the network's convolutions are torchvision's.
    let isOverTorchvision: Bool
  }

  /// A loss that needs a network, as the configuration describes it.
  ///
  /// - Parameters:
  ///   - pairs: the most image pairs that are compared together.
  ///   - purpose: for training, the loss can compute gradients.
  /// - Throws: ``ConfigurationError`` if weights are missing, and what reading the weights throws.
  func loss(
    _ kind: LossKind, _ configuration: TrainingConfiguration, pairs: Int, purpose: LayerPlanner.Purpose
  ) throws -> Built {
    switch kind.source {
    case .pixels: preconditionFailure("\(kind) needs no network")
    case .vgg: try vgg(configuration, pairs: pairs, purpose: purpose)
    case .lpips(let net):
      try lpips(
        net, input: configuration.lpipsInput, linear: configuration.lpipsLinear, pairs: pairs,
        purpose: purpose)
    }
  }

  private func vgg(
    _ configuration: TrainingConfiguration, pairs: Int, purpose: LayerPlanner.Purpose
  ) throws -> Built {
    let (input, layers) = (configuration.vggInput, configuration.vggLayers)
    let smallest = layers.architecture.smallestImageSide
    guard min(shape.height, shape.width) >= smallest else {
      throw ConfigurationError(
        "vgg-layers: \(layers) needs images of at least \(smallest)x\(smallest), and the high-resolution images are "
          + "\(shape). Name less deep layers")
    }
    let trunk = try weights.trunk(.vgg)
    let network = try network(layers.architecture, trunk.file, pairs: pairs, purpose: purpose)
    let features = TargetFeatures(
      name: "vgg", network: network, weights: trunk.file.name,
      form: "input: \(input.rawValue) of the vgg loss; features as they are", isForTraining: true)
    let loss = VGGLoss(
      network: network, input: input, weights: layers.weights, criterion: configuration.vggCriterion,
      kernels: kernels, store: features)
    let choice =
      (layers == .standard ? "" : ", layers \(layers)")
      + (configuration.vggCriterion == .mse ? "" : ", criterion \(configuration.vggCriterion.rawValue)")
    return Built(
      loss: loss, weightCount: network.weightCount,
      provenance: "vgg over \(trunk.file.summary), input \(input.rawValue)\(choice)", features: features,
      files: [trunk.file], isOverTorchvision: trunk.isTorchvisions)
  }

  /// - Parameters:
  ///   - linear: `automatic` leaves out the linear layers if they were calibrated for another trunk.
  ///   - pairs: the most image pairs that are compared together.
  ///   - purpose: for training, the loss can compute gradients.
  /// - Throws: ``ConfigurationError`` if weights are missing, and what reading the weights throws.
  func lpips(
    _ net: LPIPSNet, input: LPIPSLoss.Input, linear: LPIPSLinear.Choice, pairs: Int,
    purpose: LayerPlanner.Purpose
  ) throws -> Built {
    let trunk = try weights.trunk(net)
    let leavesOut = linear == .automatic && !trunk.isTorchvisions
    let chosen = linear == .automatic ? (trunk.isTorchvisions ? .v01 : .none) : linear
    let linearFile = chosen == .none ? nil : try weights.linear(net)
    var layers = try linearFile.map { try linearLayers(net, $0) } ?? .none(for: net.architecture)
    if chosen == .mean { layers = .mean(of: layers) }
    let network = try network(net.architecture, trunk.file, pairs: pairs, purpose: purpose)
    let name = LossKind.lpips(net).name
    let features = TargetFeatures(
      name: purpose == .training ? name : "metric-\(name)", network: network, weights: trunk.file.name,
      form: "input: \(input.rawValue) of LPIPS; features of unit length", isForTraining: purpose == .training)
    let loss = LPIPSLoss(
      name: name, network: network, linear: layers, input: input, kernels: kernels, store: features)
    let note =
      leavesOut
      ? " (LPIPS's linear layers belong to torchvision's trunk; --lpips-linear v0.1 uses them anyway, mean uses "
        + "their means)" : ""
    return Built(
      loss: loss, weightCount: network.weightCount,
      provenance: "\(name) over \(trunk.file.summary), input \(input.rawValue), "
        + "linear \(chosen.rawValue)\(note)",
      features: features, files: [trunk.file] + (linearFile.map { [$0] } ?? []),
      isOverTorchvision: trunk.isTorchvisions)
  }

  /// Why LPIPS cannot be reported for images of this shape; nil if it can.
  var obstacleToMetric: String? {
    get throws {
      try LossKind.lpips(.alex).misfit(shape)
        ?? weights.missingForMetric.map { "there is no \($0) (`\(WeightFetching.command)` fetches it)" }
    }
  }

  /// LPIPS as everyone reports it: over AlexNet, with a symmetric input.
  func metric() throws -> Built {
    try lpips(.alex, input: .symmetric, linear: .v01, pairs: 1, purpose: .inference)
  }

  private func linearLayers(_ net: LPIPSNet, _ file: PerceptualWeights.File) throws -> LPIPSLinear {
    try LPIPSLinear(for: net.architecture) { try load(file, into: $0) }
  }

  private func network(
    _ architecture: FeatureArchitecture, _ file: PerceptualWeights.File, pairs: Int,
    purpose: LayerPlanner.Purpose
  ) throws -> FeatureNetwork {
    try FeatureNetwork(
      architecture, imageHeight: shape.height, imageWidth: shape.width, pairs: pairs, purpose: purpose,
      kernels: kernels
    ) { try load(file, into: $0) }
  }

  private func load(_ file: PerceptualWeights.File, into arena: ParameterArena) throws {
    try loadParameters(from: file.path, into: arena, ignoringExtra: true)
    try arena.requireFinite(from: file.path)
  }
}
