import SRTensor

/// A network as a graph of simple operations in forward order, for formats that hold a network's structure and not only its
/// weights.
///
/// Each layer appends its own operations, with the names of PyTorch's modules. So a format writes each kind of operation once
/// and knows no layer.
package struct NetworkGraph: Sendable {
  /// What an operation reads or makes.
  package struct Value: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
      /// [channels, height, width].
      case map
      /// One value for each channel: [channels, 1, 1].
      case channelValues
    }

    /// The operation that makes the value; `input` for the network's input.
    package let name: String
    package let kind: Kind
  }

  package enum Operation: Sendable {
    /// A 2-D convolution with bias and zero padding. `weight` is OIHW.
    case convolution(
      weight: ParameterLayout.Entry, bias: ParameterLayout.Entry, stride: Int, padding: Int)
    /// max(0, x) + a min(0, x). The slope a has shape [1], or [channels] for one slope for each channel.
    case prelu(slope: ParameterLayout.Entry)
    /// PyTorch's `PixelShuffle`: channel `c factor^2 + y factor + x` becomes subpixel (y, x) of channel c.
    case pixelShuffle(factor: Int)
    /// Each pixel becomes `factor` x `factor` equal pixels.
    case nearestUpsampling(factor: Int)
    /// The sum of two maps of one shape.
    case add
    /// A map times channel values, channel by channel.
    case scaleChannels
    /// The mean over each channel's pixels.
    case globalAveragePooling
    case relu
    case sigmoid
  }

  package struct Node: Sendable {
    package let operation: Operation
    package let inputs: [Value]
    package let output: Value

    /// The name of the layer, such as `res_blocks.0.block.0`.
    package var name: String { output.name }
  }

  package let input = Value(name: "input", kind: .map)
  package private(set) var nodes: [Node] = []

  package init() {}

  /// What the last operation makes: the network's output.
  package var output: Value { nodes.last?.output ?? input }

  /// Appends an operation, and returns what it makes. Precondition: `name` is unique and not `input`.
  package mutating func append(_ operation: Operation, _ name: String, _ inputs: Value...) -> Value {
    precondition(
      name != input.name && !nodes.contains { $0.name == name }, "two operations are called \(name)")
    let kind: Value.Kind =
      switch operation {
      case .globalAveragePooling: .channelValues
      default: inputs[0].kind
      }
    let output = Value(name: name, kind: kind)
    nodes.append(Node(operation: operation, inputs: inputs, output: output))
    return output
  }
}

// MARK: - Layers

extension Convolution2D {
  /// The activation through which the convolution reads its source is not part of this: its own layer appends it.
  package func append(to graph: inout NetworkGraph, _ source: NetworkGraph.Value) -> NetworkGraph.Value {
    graph.append(
      .convolution(weight: weight, bias: bias, stride: stride, padding: padding), name, source)
  }
}

extension PReLU {
  package func append(to graph: inout NetworkGraph, _ source: NetworkGraph.Value) -> NetworkGraph.Value {
    graph.append(.prelu(slope: weight), name, source)
  }
}

extension ResidualBlock {
  package func append(to graph: inout NetworkGraph, _ source: NetworkGraph.Value) -> NetworkGraph.Value {
    var image = convolution1.append(to: &graph, source)
    image = activation.append(to: &graph, image)
    image = convolution2.append(to: &graph, image)
    if let attention { image = attention.append(to: &graph, image) }
    return graph.append(.add, name, source, image)
  }
}

extension UpsampleBlock {
  package func append(to graph: inout NetworkGraph, _ source: NetworkGraph.Value) -> NetworkGraph.Value {
    var image = convolution.append(to: &graph, source)
    image = graph.append(.pixelShuffle(factor: factor), shuffleName, image)
    return activation.append(to: &graph, image)
  }
}

extension SqueezeExcitation {
  package func append(to graph: inout NetworkGraph, _ image: NetworkGraph.Value) -> NetworkGraph.Value {
    var values = graph.append(.globalAveragePooling, "\(name).se.0", image)
    values = graph.append(
      .convolution(weight: weight1, bias: bias1, stride: 1, padding: 0), "\(name).se.1", values)
    values = graph.append(.relu, "\(name).se.2", values)
    values = graph.append(
      .convolution(weight: weight2, bias: bias2, stride: 1, padding: 0), "\(name).se.3", values)
    values = graph.append(.sigmoid, "\(name).se.4", values)
    return graph.append(.scaleChannels, name, image, values)
  }
}
