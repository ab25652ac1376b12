import SRKernels
import SRLayers
import SRTensor

/// The super-resolution generator SRResNet, or SE-SRResNet.
///
/// Head Conv 9x9 and PReLU; residual blocks; Conv 3x3, then addition of the head's output; an upsampling for each doubling of
/// height and width, or one by 3; output Conv 9x9. The released PyTorch model has the same names and shapes.
package struct SRResNet: SuperResolutionNetwork {
  package static let scales = [1, 2, 3, 4, 8]
  package static let takesAttention = true
  package static let addsInput = false
  package static let firstTensor = "conv1.0.weight"

  package let model: ModelDescription
  /// The beginning of the parameters' names.
  let prefix: String
  package let entries: [ParameterLayout.Entry]

  let head: Convolution2D
  let headActivation: PReLU
  let blocks: [ResidualBlock]
  let bodyTail: Convolution2D
  let upsamplings: [UpsampleBlock]
  let output: Convolution2D

  package init(_ model: ModelDescription, prefix: String, in layout: inout ParameterLayout) {
    let (features, first) = (model.features, layout.entries.count)
    self.model = model
    self.prefix = prefix
    head = Convolution2D(
      "\(prefix)conv1.0", inputChannels: model.inputChannels, outputChannels: features, kernelSize: 9,
      in: &layout)
    headActivation = PReLU("\(prefix)conv1.1", layout: &layout)
    blocks = (0..<model.blocks).map { index in
      ResidualBlock("\(prefix)res_blocks.\(index)", channels: features, in: &layout) { name, layout in
        model.attention.layer(name, channels: features, in: &layout)
      }
    }
    bodyTail = Convolution2D(
      "\(prefix)conv2", inputChannels: features, outputChannels: features, kernelSize: 3, in: &layout)
    var upsamplings: [UpsampleBlock] = []
    for (index, factor) in Self.factors(scale: model.scale).enumerated() {
      upsamplings.append(
        UpsampleBlock(
          "\(prefix)upsample.\(index)", through: upsamplings.last?.activation, channels: features,
          factor: factor, in: &layout))
    }
    self.upsamplings = upsamplings
    output = Convolution2D(
      "\(prefix)conv3", through: upsamplings.last?.activation, inputChannels: features,
      outputChannels: model.outputChannels, kernelSize: 9, in: &layout)
    entries = Array(layout.entries[first...])
  }

  /// The factors of the upsamplings: one of 3, or one of 2 for each doubling of height and width.
  static func factors(scale: Int) -> [Int] {
    scale == 3 ? [3] : [Int](repeating: 2, count: scale.trailingZeroBitCount)
  }

  package func plan(
    lowResHeight: Int, lowResWidth: Int, purpose: LayerPlanner.Purpose, kernels: any KernelSet
  ) -> any SuperResolutionPlan {
    SRResNetPlan(
      self, lowResHeight: lowResHeight, lowResWidth: lowResWidth, purpose: purpose, kernels: kernels)
  }
}

extension SRResNet {
  package var graph: NetworkGraph {
    var graph = NetworkGraph()
    var image = head.append(to: &graph, graph.input)
    image = headActivation.append(to: &graph, image)
    let headOutput = image
    for block in blocks { image = block.append(to: &graph, image) }
    image = bodyTail.append(to: &graph, image)
    image = graph.append(.add, "\(prefix)body", headOutput, image)
    for upsampling in upsamplings { image = upsampling.append(to: &graph, image) }
    _ = output.append(to: &graph, image)
    return graph
  }
}

extension SRResNet {
  package static func description(of tensors: TensorShapes) throws -> ModelDescription {
    var model = ModelDescription(.srresnet, attention: .none)
    (model.features, model.inputChannels) = try tensors.features(firstTensor)
    model.outputChannels = try tensors.shape("conv3.weight", 4)[0]
    model.blocks = tensors.count { "res_blocks.\($0).block.0.weight" }
    func weight(_ upsampling: Int) -> String { "upsample.\(upsampling).block.0.weight" }
    let upsamplings = tensors.count(weight)
    let most = scales.map { factors(scale: $0).count }.max() ?? 0
    guard upsamplings <= most else {
      throw ModelDescriptionError("there are \(upsamplings) upsamplings, expected at most \(most)")
    }
    // A single upsampling may be one by 3. Its number of outputs tells.
    let isThird = try upsamplings == 1 && tensors.shape(weight(0), 4)[0] == 9 * model.features
    model.scale = isThird ? 3 : 1 << upsamplings
    for (index, factor) in factors(scale: model.scale).enumerated() {
      try tensors.check(
        weight(index), [factor * factor * model.features, model.features, 3, 3],
        "which \(factor == 2 ? "doubles" : "triples") height and width")
    }
    model.attention = try ModelDescription.Attention(tensors: tensors.shapes, features: model.features)
    return model
  }
}
