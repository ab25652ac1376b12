import SRKernels
import SRLayers
import SRTensor

/// Real-ESRGAN's small network, `SRVGGNetCompact`: a chain of 3x3 convolutions at the size of the input, each followed by a PReLU
/// with a slope for each channel. The last one makes s^2 maps for each of the image's channels. Their pixel shuffle is added to the
/// input enlarged by nearest.
///
/// The names and shapes are those of Real-ESRGAN's files. ``ModelDescription/blocks`` is its `num_conv`: the convolutions between
/// the first and the last one.
package struct CompactNetwork: SuperResolutionNetwork {
  package static let scales = [1, 2, 3, 4, 8]
  package static let takesAttention = false
  package static let addsInput = true
  package static let firstTensor = "body.0.weight"

  package let model: ModelDescription
  package let entries: [ParameterLayout.Entry]

  /// All convolutions but the last. Each reads its source through the previous one's activation.
  let convolutions: [Convolution2D]
  let activations: [PReLU]
  let output: Convolution2D
  let enlargement: ResidualShuffle

  package init(_ model: ModelDescription, prefix: String, in layout: inout ParameterLayout) {
    let first = layout.entries.count
    var convolutions: [Convolution2D] = []
    var activations: [PReLU] = []
    for index in 0...model.blocks {
      convolutions.append(
        Convolution2D(
          prefix + Self.convolution(index), through: activations.last,
          inputChannels: index == 0 ? model.inputChannels : model.features,
          outputChannels: model.features, kernelSize: 3, in: &layout))
      activations.append(PReLU(prefix + Self.activation(index), slopes: model.features, layout: &layout))
    }
    output = Convolution2D(
      prefix + Self.convolution(model.blocks + 1), through: activations.last,
      inputChannels: model.features, outputChannels: model.outputChannels * model.scale * model.scale,
      kernelSize: 3, in: &layout)
    enlargement = ResidualShuffle(prefix: prefix, factor: model.scale)
    self.model = model
    self.convolutions = convolutions
    self.activations = activations
    entries = Array(layout.entries[first...])
  }

  /// PyTorch's names: convolutions and activations take turns.
  private static func convolution(_ index: Int) -> String { "body.\(2 * index)" }
  private static func activation(_ index: Int) -> String { "body.\(2 * index + 1)" }

  package func plan(
    lowResHeight: Int, lowResWidth: Int, purpose: LayerPlanner.Purpose, kernels: any KernelSet
  ) -> any SuperResolutionPlan {
    CompactPlan(
      self, lowResHeight: lowResHeight, lowResWidth: lowResWidth, purpose: purpose, kernels: kernels)
  }
}

extension CompactNetwork {
  package var graph: NetworkGraph {
    var graph = NetworkGraph()
    var maps = graph.input
    for (convolution, activation) in zip(convolutions, activations) {
      maps = convolution.append(to: &graph, maps)
      maps = activation.append(to: &graph, maps)
    }
    maps = output.append(to: &graph, maps)
    _ = enlargement.append(to: &graph, maps, base: graph.input)
    return graph
  }
}

extension CompactNetwork {
  package static func description(of tensors: TensorShapes) throws -> ModelDescription {
    var model = ModelDescription.compact
    (model.features, model.inputChannels) = try tensors.features(firstTensor)
    model.outputChannels = model.inputChannels
    let convolutions = tensors.count { "\(convolution($0)).weight" }
    guard convolutions >= 2 else {
      throw ModelDescriptionError(
        "there is no tensor \(convolution(1)).weight, which every compact network has")
    }
    model.blocks = convolutions - 2
    for index in 0..<convolutions - 1 {
      try tensors.check(
        "\(activation(index)).weight", [model.features], "a PReLU's slope for each of the features")
    }
    let last = "\(convolution(convolutions - 1)).weight"
    let outputs = try tensors.shape(last, 4)[0]
    let channels = model.outputChannels
    guard ModelDescription.channelRange.contains(channels),
      let scale = scales.first(where: { outputs == channels * $0 * $0 })
    else {
      let expected = scales.map { "\($0 * $0)" }.joined(separator: ", ")
      throw ModelDescriptionError(
        "\(last) has \(outputs) output channels, expected one of \(expected) (the scale's square) for each of the "
          + "\(channels) channels that \(firstTensor) reads")
    }
    model.scale = scale
    return model
  }
}
