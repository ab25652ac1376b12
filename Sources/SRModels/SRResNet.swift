import SRKernels
import SRLayers
import SRTensor

/// The parameters of the super-resolution generator SRResNet, or SE-SRResNet. They are the same for every size of image.
///
/// The network registers its parameters in a layout, but holds no weights. The weights are an arena of the layout. Passes need
/// an ``SRResNetPlan`` for the size of image.
///
/// Head Conv 9x9 and PReLU; residual blocks; Conv 3x3, then addition of the head's output; an upsampling for each doubling of
/// height and width; output Conv 9x9. The released PyTorch model has the same names and shapes.
package struct SRResNet: Sendable {
  /// The description of this network.
  package let model: ModelDescription
  /// The beginning of the parameters' names.
  let prefix: String
  /// This network's parameters, in forward order. The parameters lie one after the other in the arena.
  package let entries: [ParameterLayout.Entry]

  let head: Convolution2D
  let headActivation: PReLU
  let blocks: [ResidualBlock]
  let bodyTail: Convolution2D
  let upsamplings: [UpsampleBlock]
  let output: Convolution2D

  /// Appends the parameters to `layout`, which may already hold other networks' parameters.
  ///
  /// - Parameter prefix: the beginning of the parameters' names. It distinguishes them from other networks' parameters.
  /// - Precondition: `model` is valid (``ModelDescription/validate()``).
  package init(_ model: ModelDescription, prefix: String = "", in layout: inout ParameterLayout) {
    do { try model.validate() } catch { preconditionFailure("\(error)") }
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
    for index in 0..<model.upsamplings {
      upsamplings.append(
        UpsampleBlock(
          "\(prefix)upsample.\(index)", through: upsamplings.last?.activation, channels: features, in: &layout
        ))
    }
    self.upsamplings = upsamplings
    output = Convolution2D(
      "\(prefix)conv3", through: upsamplings.last?.activation, inputChannels: features,
      outputChannels: model.outputChannels, kernelSize: 9, in: &layout)
    entries = Array(layout.entries[first...])
  }

  /// The floats of an arena that belong to this network, gaps included.
  package var parameterRange: Range<Int> { entries[0].offset..<entries[entries.count - 1].range.upperBound }

  /// Floats that belong to parameters.
  package var parameterCount: Int { entries.reduce(0) { $0 + $1.count } }
}

extension SRResNet {
  /// The network as a graph of operations.
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
