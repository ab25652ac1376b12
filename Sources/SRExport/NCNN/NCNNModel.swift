import SRCheckpoint
import SRLayers
import SRTensor

/// A network in the form of ncnn: a text of layers and a file of weights. The input blob is `data`, the output blob is
/// `output`; both are RGB or the network's channels, 0...1.
///
/// ncnn reads each blob once. A layer `Split` copies a blob for several readers.
struct NCNNModel {
  /// The content of the file `.param`.
  let structure: String
  /// The content of the file `.bin`: each layer's weights in the order of the layers, little-endian.
  let weights: [UInt8]

  init(_ network: TrainedNetwork) {
    var writer = Writer(network)
    writer.line("Input", "data", [], ["data"])
    writer.split(network.graph.input, "data")
    for node in network.graph.nodes { writer.append(node) }
    structure =
      ([Self.magic, "\(writer.lines.count) \(writer.blobs)"] + writer.lines).joined(separator: "\n") + "\n"
    weights = writer.weights
  }

  /// The first line of each `.param` file.
  private static let magic = "7767517"

  private struct Writer {
    let network: TrainedNetwork
    var lines: [String] = []
    var blobs = 0
    var weights: [UInt8] = []
    /// How many operations read a value.
    private var readers: [NetworkGraph.Value: Int] = [:]
    /// The blobs that later readers of a value take, last first.
    private var copies: [NetworkGraph.Value: [String]] = [:]

    init(_ network: TrainedNetwork) {
      self.network = network
      for input in network.graph.nodes.flatMap(\.inputs) { readers[input, default: 0] += 1 }
    }

    /// Appends a layer. ncnn distinguishes a whole parameter from a fractional one by the point.
    mutating func line(
      _ type: String, _ name: String, _ inputs: [String], _ outputs: [String],
      _ parameters: KeyValuePairs<Int, any CustomStringConvertible> = [:]
    ) {
      blobs += outputs.count
      let settings = parameters.map { "\($0.key)=\($0.value)" }
      lines.append(
        ([type, name, String(inputs.count), String(outputs.count)] + inputs + outputs + settings)
          .joined(separator: " "))
    }

    /// Copies the blob of `value` for each of its readers.
    mutating func split(_ value: NetworkGraph.Value, _ blob: String) {
      let count = readers[value] ?? 0
      guard count > 1 else {
        copies[value] = [blob]
        return
      }
      let names = (0..<count).map { "\(blob).copy\($0)" }
      line("Split", "\(blob).split", [blob], names)
      copies[value] = names.reversed()
    }

    mutating func append(_ node: NetworkGraph.Node) {
      let inputs = node.inputs.map { copies[$0]!.removeLast() }
      let output = node.output == network.graph.output ? "output" : node.name
      func layer(_ type: String, _ parameters: KeyValuePairs<Int, any CustomStringConvertible> = [:]) {
        line(type, node.name, inputs, [output], parameters)
      }
      switch node.operation {
      case .convolution(let weight, let bias, let stride, let padding):
        if node.inputs[0].kind == .channelValues {
          layer("InnerProduct", [0: weight.shape[0], 1: 1, 2: weight.count])
        } else {
          layer(
            "Convolution",
            [
              0: weight.shape[0], 1: weight.shape[3], 11: weight.shape[2], 3: stride, 4: padding, 5: 1,
              6: weight.count,
            ])
        }
        weights += Self.float32Flag
        append(weight)
        append(bias)
      case .prelu(let slope):
        layer("PReLU", [0: slope.count])
        append(slope)
      case .pixelShuffle(let factor): layer("PixelShuffle", [0: factor])
      // Kind 1 is nearest; 1 and 2 are the factors of height and width.
      case .nearestUpsampling(let factor): layer("Interp", [0: 1, 1: Float(factor), 2: Float(factor)])
      case .add: layer("BinaryOp", [0: 0])
      case .scaleChannels: layer("BinaryOp", [0: 2])
      // Kind 1 is the mean, 4 means over the whole map.
      case .globalAveragePooling: layer("Pooling", [0: 1, 4: 1])
      case .relu: layer("ReLU")
      case .sigmoid: layer("Sigmoid")
      }
      split(node.output, output)
    }

    /// Precedes weights that ncnn may store in several precisions.
    private static let float32Flag: [UInt8] = [0, 0, 0, 0]

    private mutating func append(_ entry: ParameterLayout.Entry) {
      LittleEndianFloats.withBytes(of: network.weights.tensor(entry)) { weights += $0 }
    }
  }
}
