import Foundation
import SRCheckpoint
import SRLayers
import SRTensor
import SwiftProtobuf

/// A network in the form of ONNX: operator set 17, input `input` and output `output`, both [batch, channels, height, width] of
/// RGB or the network's channels, 0...1. Batch, height and width are free. The metadata hold the network's description.
struct ONNXModel {
  private static let operatorSet: Int64 = 17
  /// The first version of the file format that has operator set 17.
  private static let formatVersion: Int64 = 8

  private let network: TrainedNetwork
  private let graph: NetworkGraph

  init(_ network: TrainedNetwork) {
    self.network = network
    graph = network.graph
  }

  /// The content of the file.
  func bytes() throws -> Data {
    var model = ONNXModelProto()
    model.irVersion = Self.formatVersion
    model.producerName = "srdist"
    model.docString = network.model.description
    model.opsetImport = [.with { $0.version = Self.operatorSet }]
    // Tools that enlarge pictures read the factor from the metadata.
    let metadata = try ModelMetadata.of(network.model, adding: ["scale": "\(network.model.scale)"])
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      model.metadataProps.append(.with { ($0.key, $0.value) = (key, value) })
    }
    model.graph = .with {
      $0.name = network.model.architecture.rawValue
      $0.node = graph.nodes.map(node)
      $0.initializer = network.weights.layout.entries.map(tensor) + graph.nodes.compactMap(scales)
      $0.input = [value("input", channels: network.model.inputChannels, enlarged: 1)]
      $0.output = [value("output", channels: network.model.outputChannels, enlarged: network.model.scale)]
    }
    // The same network always gives the same bytes: no message has a map.
    return try model.serializedData()
  }

  private func node(_ node: NetworkGraph.Node) -> ONNXNodeProto {
    var proto = ONNXNodeProto()
    proto.name = node.name
    proto.input = node.inputs.map(name)
    proto.output = [name(node.output)]
    switch node.operation {
    case .convolution(let weight, let bias, let stride, let padding):
      proto.opType = "Conv"
      proto.input += [weight.name, bias.name]
      proto.attribute = [
        integers("kernel_shape", weight.shape[2...]), integers("strides", [stride, stride]),
        integers("pads", [padding, padding, padding, padding]),
      ]
    case .prelu(let slope):
      proto.opType = "PRelu"
      proto.input.append(slope.name)
    case .pixelShuffle(let factor):
      proto.opType = "DepthToSpace"
      proto.attribute = [integer("blocksize", factor), text("mode", "CRD")]
    case .nearestUpsampling:
      proto.opType = "Resize"
      // The empty input is the region of interest, which this mode ignores.
      proto.input += ["", scalesName(node)]
      proto.attribute = [
        text("coordinate_transformation_mode", "asymmetric"), text("mode", "nearest"),
        text("nearest_mode", "floor"),
      ]
    case .add: proto.opType = "Add"
    case .scaleChannels: proto.opType = "Mul"
    case .globalAveragePooling: proto.opType = "GlobalAveragePool"
    case .relu: proto.opType = "Relu"
    case .sigmoid: proto.opType = "Sigmoid"
    }
    return proto
  }

  private func name(_ value: NetworkGraph.Value) -> String {
    value == graph.output ? "output" : value.name
  }

  private func tensor(_ entry: ParameterLayout.Entry) -> ONNXTensorProto {
    .with {
      $0.name = entry.name
      // A slope is broadcast from the right to [batch, channels, height, width]. [1] fits as it is.
      let dimensions = isSlope(entry) && entry.count > 1 ? entry.shape + [1, 1] : entry.shape
      $0.dims = dimensions.map(Int64.init)
      $0.dataType = Int32(ONNXTensorProto.DataType.float.rawValue)
      $0.rawData = LittleEndianFloats.withBytes(of: network.weights.tensor(entry)) { Data($0) }
    }
  }

  private func isSlope(_ entry: ParameterLayout.Entry) -> Bool {
    graph.nodes.contains {
      if case .prelu(let slope) = $0.operation { slope == entry } else { false }
    }
  }

  /// The factors by which an upsampling enlarges batch, channels, height and width; nil for other operations.
  private func scales(_ node: NetworkGraph.Node) -> ONNXTensorProto? {
    guard case .nearestUpsampling(let factor) = node.operation else { return nil }
    let factors: [Float] = [1, 1, Float(factor), Float(factor)]
    return .with {
      $0.name = scalesName(node)
      $0.dims = [Int64(factors.count)]
      $0.dataType = Int32(ONNXTensorProto.DataType.float.rawValue)
      $0.rawData = LittleEndianFloats.withBytes(of: factors) { Data($0) }
    }
  }

  private func scalesName(_ node: NetworkGraph.Node) -> String { "\(node.name).scales" }

  private func value(_ name: String, channels: Int, enlarged factor: Int) -> ONNXValueInfoProto {
    func free(_ name: String) -> ONNXTensorShapeProto.Dimension { .with { $0.dimParam = name } }
    let suffix = factor == 1 ? "" : "_x\(factor)"
    return .with {
      $0.name = name
      $0.type.tensorType = .with {
        $0.elemType = Int32(ONNXTensorProto.DataType.float.rawValue)
        $0.shape.dim = [
          free("batch"), .with { $0.dimValue = Int64(channels) }, free("height\(suffix)"),
          free("width\(suffix)"),
        ]
      }
    }
  }

  private func integers(_ name: String, _ values: some Sequence<Int>) -> ONNXAttributeProto {
    .with { ($0.name, $0.type, $0.ints) = (name, .ints, values.map(Int64.init)) }
  }

  private func integer(_ name: String, _ value: Int) -> ONNXAttributeProto {
    .with { ($0.name, $0.type, $0.i) = (name, .int, Int64(value)) }
  }

  private func text(_ name: String, _ value: String) -> ONNXAttributeProto {
    .with { ($0.name, $0.type, $0.s) = (name, .string, Data(value.utf8)) }
  }
}
