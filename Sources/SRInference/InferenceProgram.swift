import SRKernels
import SRLayers
import SRTensor

/// A network's operations on maps, for any size of picture: what each makes of which maps.
///
/// It is made from the ``NetworkGraph``. Operations that a kernel computes together are one step: a convolution with the pixel
/// shuffle and the activation after it, a gate's product with the addition after it, or a pixel shuffle with the addition of an
/// enlarged map. The path from a pooling to the gates, on which values belong to whole channels, is a ``ChannelGate``.
struct InferenceProgram: Sendable {
  /// A map, with its size relative to the picture's.
  struct Map: Sendable {
    /// Its height divided by the picture's.
    let factor: Int
    let channels: Int
  }

  struct Step: Sendable {
    let operation: Operation
    /// Maps that the step reads.
    let sources: [Int]
    /// The map that it makes.
    let destination: Int
  }

  enum Operation: Sendable {
    case convolution(Convolution)
    /// Every pixel's means over its window, for a gate.
    case windowMeans
    /// The first source plus the second one.
    case add
    /// The first source plus the second one times the gate.
    case gatedAdd(gate: Int)
    /// The first source plus the second one times the gates that follow from the means in the third one.
    case locallyGatedAdd(gate: Int)
    /// The pixel shuffle of the first source plus the second source enlarged by nearest.
    case shuffleAdd(factor: Int)
  }

  /// A convolution that keeps height and width.
  struct Convolution: Sendable {
    let weight: ParameterLayout.Entry
    let bias: ParameterLayout.Entry
    /// That of the pixel shuffle that follows; 1 for none.
    var shuffleFactor = 1
    var activation = Activation.identity

    var outputChannels: Int { weight.shape[0] }

    /// The sizes for a source of this height and width.
    func shape(height: Int, width: Int) -> Convolution2DShape {
      Convolution2DShape(
        inputHeight: height, inputWidth: width, inputChannels: weight.shape[1],
        outputChannels: outputChannels,
        kernelSize: weight.shape[2], padding: weight.shape[2] / 2, shuffleFactor: shuffleFactor)
    }
  }

  enum Activation: Sendable {
    case identity
    case relu
    /// One slope, or one for each channel.
    case prelu(ParameterLayout.Entry)
  }

  /// The picture is map 0.
  private(set) var maps: [Map]
  private(set) var steps: [Step] = []
  private(set) var gates: [ChannelGate] = []
  /// The map that is the result.
  private(set) var result = 0

  /// - Precondition: every operation of the graph is one that inference has: convolutions that keep height and width, with
  ///   stride 1; an activation of a map follows a convolution, whose result nothing else reads; a product with channel values is
  ///   added to another map; a pixel shuffle that no convolution stores is added to a map enlarged by nearest.
  init(_ graph: NetworkGraph, inputChannels: Int, pooling: NetworkInference.Pooling) {
    maps = [Map(factor: 1, channels: inputChannels)]
    var reader = GraphReader(graph, pooling: pooling)
    reader.read(into: &self)
    result = reader.map(of: graph.output)
  }

  mutating func append(_ operation: Operation, _ sources: [Int], makes map: Map) -> Int {
    maps.append(map)
    steps.append(Step(operation: operation, sources: sources, destination: maps.count - 1))
    return maps.count - 1
  }

  mutating func append(_ gate: ChannelGate) -> Int {
    gates.append(gate)
    return gates.count - 1
  }

  /// The step that makes a map; nil for the picture.
  func maker(of map: Int) -> Int? { steps.firstIndex { $0.destination == map } }
}

/// Reads a graph's nodes in order.
private struct GraphReader {
  private let graph: NetworkGraph
  private let pooling: NetworkInference.Pooling
  /// What each value of the graph is.
  private var meanings: [NetworkGraph.Value: Meaning] = [:]
  /// The nodes that read a value.
  private var readers: [NetworkGraph.Value: [NetworkGraph.Node]] = [:]

  private enum Meaning {
    case map(Int)
    case gate(ChannelGate)
    /// A map times a gate, to be added to another map.
    case gated(Int, ChannelGate)
    /// The pixel shuffle of a map, to be added to an enlarged one.
    case shuffled(Int, factor: Int)
    /// A map enlarged by nearest, to be added to a shuffled one.
    case enlarged(Int, factor: Int)
  }

  init(_ graph: NetworkGraph, pooling: NetworkInference.Pooling) {
    self.graph = graph
    self.pooling = pooling
    meanings[graph.input] = .map(0)
    for node in graph.nodes {
      for input in node.inputs { readers[input, default: []].append(node) }
    }
  }

  func map(of value: NetworkGraph.Value) -> Int {
    guard case .map(let map) = meanings[value] else { preconditionFailure("\(value.name) is no map") }
    return map
  }

  private func gate(of value: NetworkGraph.Value) -> ChannelGate {
    guard case .gate(let gate) = meanings[value] else {
      preconditionFailure("\(value.name) is not made from a pooling")
    }
    return gate
  }

  mutating func read(into program: inout InferenceProgram) {
    for node in graph.nodes where meanings[node.output] == nil {
      meanings[node.output] = meaning(of: node, &program)
    }
  }

  private mutating func meaning(
    of node: NetworkGraph.Node, _ program: inout InferenceProgram
  ) -> Meaning {
    let input = node.inputs[0]
    switch node.operation {
    case .globalAveragePooling:
      return .gate(ChannelGate(map: map(of: input)))
    case .convolution(let weight, let bias, _, _) where input.kind == .channelValues:
      return .gate(gate(of: input).appending(weight: weight, bias: bias))
    case .relu where input.kind == .channelValues:
      return .gate(gate(of: input).activating(.relu))
    case .sigmoid where input.kind == .channelValues:
      return .gate(gate(of: input).activating(.sigmoid))
    case .convolution(let weight, let bias, let stride, let padding):
      precondition(
        stride == 1 && padding == weight.shape[2] / 2 && weight.storage == .convolutionHWIO,
        "\(node.name) does not keep height and width")
      return .map(convolution(node, weight, bias, &program))
    case .prelu, .relu, .sigmoid:
      preconditionFailure("\(node.name) does not follow a convolution whose result nothing else reads")
    case .pixelShuffle(let factor): return .shuffled(map(of: input), factor: factor)
    case .nearestUpsampling(let factor): return .enlarged(map(of: input), factor: factor)
    case .scaleChannels:
      return .gated(map(of: input), gate(of: node.inputs[1]))
    case .add:
      return .map(add(node.inputs, &program))
    }
  }

  /// A convolution, with the shuffle and the activation that follow it if nothing else reads what lies between.
  private mutating func convolution(
    _ node: NetworkGraph.Node, _ weight: ParameterLayout.Entry, _ bias: ParameterLayout.Entry,
    _ program: inout InferenceProgram
  ) -> Int {
    var convolution = InferenceProgram.Convolution(weight: weight, bias: bias)
    /// The values that the step computes. The last one is its result.
    var values = [node.output]
    if let next = onlyReader(of: node.output), case .pixelShuffle(let factor) = next.operation,
      weight.outputs == .bySubpixel(factor: factor)
    {
      convolution.shuffleFactor = factor
      values.append(next.output)
    }
    precondition(
      (convolution.shuffleFactor == 1) == (weight.outputs == .asInFile),
      "\(node.name) lies subpixel by subpixel, but no pixel shuffle follows")
    if let next = onlyReader(of: values.last!), let activation = activation(next) {
      convolution.activation = activation
      values.append(next.output)
    }
    let source = map(of: node.inputs[0])
    let factor = program.maps[source].factor
    let map = program.append(
      .convolution(convolution), [source],
      makes: .init(
        factor: convolution.shuffleFactor * factor,
        channels: convolution.outputChannels / (convolution.shuffleFactor * convolution.shuffleFactor)))
    for value in values { meanings[value] = .map(map) }
    return map
  }

  private func activation(_ node: NetworkGraph.Node) -> InferenceProgram.Activation? {
    switch node.operation {
    case .prelu(let slope): .prelu(slope)
    case .relu: .relu
    default: nil
    }
  }

  private func onlyReader(of value: NetworkGraph.Value) -> NetworkGraph.Node? {
    guard value != graph.output, let nodes = readers[value], nodes.count == 1 else { return nil }
    return nodes[0]
  }

  private func add(_ inputs: [NetworkGraph.Value], _ program: inout InferenceProgram) -> Int {
    if case .shuffled(let source, let factor) = meanings[inputs[0]],
      case .enlarged(let base, factor) = meanings[inputs[1]]
    {
      let map = InferenceProgram.Map(
        factor: program.maps[base].factor * factor, channels: program.maps[base].channels)
      return program.append(.shuffleAdd(factor: factor), [source, base], makes: map)
    }
    guard let position = inputs.firstIndex(where: { isGated($0) }),
      case .gated(let image, let gate) = meanings[inputs[position]]
    else {
      let sources = inputs.map(map(of:))
      return program.append(.add, sources, makes: program.maps[sources[0]])
    }
    let identity = map(of: inputs[1 - position])
    let number = program.append(gate)
    switch pooling {
    case .global:
      return program.append(.gatedAdd(gate: number), [identity, image], makes: program.maps[identity])
    case .local:
      let means = program.append(.windowMeans, [gate.map], makes: program.maps[gate.map])
      return program.append(
        .locallyGatedAdd(gate: number), [identity, image, means], makes: program.maps[identity])
    }
  }

  private func isGated(_ value: NetworkGraph.Value) -> Bool {
    if case .gated = meanings[value] { true } else { false }
  }
}
