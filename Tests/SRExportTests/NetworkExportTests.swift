import Foundation
import SRCheckpoint
import SRExport
import SRFiles
import SRModels
import SRTensor
import SRTestSupport
import SwiftProtobuf
import Testing

/// Exported networks, read back and executed by the definitions of their formats.
@Suite struct NetworkExportTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The largest difference between what a graph and srdist make of a picture that is not square.
  private func difference(
    _ graph: ExportedGraph, _ input: String, from network: TrainedNetwork
  ) throws -> Double {
    let (height, width) = (5, 7)
    let (inputs, outputs) = (network.model.inputChannels, network.model.outputChannels)
    let picture = SampleNetworks.picture(height: height, width: width, channels: inputs)
    let expected = SampleNetworks.enlarged(network, picture, height: height, width: width)
    var map = ExportedGraph.Map(inputs, height, width)
    for c in 0..<inputs {
      for y in 0..<height {
        for x in 0..<width { map[c, y, x] = Double(picture[(y * width + x) * inputs + c]) }
      }
    }
    let result = try graph.run(map, as: input, to: "output")
    try #require(result.channels == outputs && result.height == network.model.scale * height)
    try #require(result.width == network.model.scale * width)
    var worst = 0.0
    for y in 0..<result.height {
      for x in 0..<result.width {
        for c in 0..<outputs {
          worst = max(worst, abs(result[c, y, x] - Double(expected[(y * result.width + x) * outputs + c])))
        }
      }
    }
    return worst
  }

  @Test(arguments: SampleNetworks.all)
  func theGraphOfONNXIsTheNetwork(model: ModelDescription) throws {
    let network = try SampleNetworks.network(model, in: folder)
    try NetworkExport(network, as: .onnx, to: folder.file("w.onnx")).run()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file("w.onnx")))
    let proto = try ONNXModelProto(serializedBytes: bytes)
    #expect(proto.irVersion == 8 && proto.opsetImport.map(\.version) == [17])
    #expect(proto.opsetImport.map(\.domain) == [""])
    let metadata = Dictionary(uniqueKeysWithValues: proto.metadataProps.map { ($0.key, $0.value) })
    #expect(metadata["scale"] == "\(model.scale)")
    let described = try ReadableJSON.decode(
      ModelDescription.self, from: try #require(metadata["metadata"]).utf8)
    #expect(described == model)
    for (value, name, channels) in [
      (proto.graph.input, "input", model.inputChannels), (proto.graph.output, "output", model.outputChannels),
    ] {
      try #require(value.map(\.name) == [name])
      let dimensions = value[0].type.tensorType.shape.dim
      try #require(dimensions.count == 4)
      #expect(dimensions[1].dimValue == Int64(channels) && value[0].type.tensorType.elemType == 1)
      #expect([0, 2, 3].allSatisfy { !dimensions[$0].dimParam.isEmpty })
    }
    for (tensor, entry) in zip(proto.graph.initializer, network.weights.layout.entries) {
      // Slopes of single channels are spread over the pixels.
      let isSlopes =
        model.architecture == .compact && entry.shape.count == 1 && entry.name.hasSuffix("weight")
      #expect(
        tensor.name == entry.name && tensor.dims.map(Int.init) == entry.shape + (isSlopes ? [1, 1] : []))
    }
    #expect(try difference(ExportedGraph(proto), "input", from: network) < 1e-5)
    try NetworkExport(network, as: .onnx, to: folder.file("again.onnx")).run()
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("again.onnx"))) == bytes)
  }

  @Test(arguments: SampleNetworks.all)
  func theLayersOfNCNNAreTheNetwork(model: ModelDescription) throws {
    let network = try SampleNetworks.network(model, in: folder)
    let export = NetworkExport(network, as: .ncnn, to: folder.file("w"))
    try export.run()
    #expect(export.files == [folder.file("w.param"), folder.file("w.bin")])
    let graph = try ExportedGraph(
      param: folder.text("w.param"), bin: OpenFile.contents(of: folder.file("w.bin")))
    #expect(try difference(graph, "data", from: network) < 1e-5)
  }

  /// Weights change no bit on the way through each format that holds weights alone.
  @Test(arguments: [ExportFormat.safetensors, .pth])
  func roundTripsChangeNoBit(format: ExportFormat) throws {
    for model in SampleNetworks.all {
      let network = try SampleNetworks.network(model, in: folder)
      let path = folder.file("w.\(format.endings[0])")
      try NetworkExport(network, as: format, to: path, overwrites: true).run()
      let again = try TrainedNetwork(path)
      #expect(again.model == model)
      #expect(weightsSHA256(again.weights) == weightsSHA256(network.weights))
    }
  }

  @Test(arguments: [
    ("a.onnx", ExportFormat.onnx), ("A.ONNX", .onnx), ("a.b/c.param", .ncnn), ("a.bin", .ncnn),
    ("a.pth", .pth),
    ("a.pt", .pth), ("a.safetensors", .safetensors), ("a.onnx/b", nil), ("a", nil), ("a.txt", nil), ("", nil),
  ])
  func theEndingTellsTheFormat(path: String, format: ExportFormat?) {
    #expect(ExportFormat(ending: path) == format)
  }

  @Test func whatCannotBeWrittenIsRefusedFirst() throws {
    let network = try SampleNetworks.network(SampleNetworks.all[0], in: folder)
    func refusal(_ format: ExportFormat, _ path: String, _ precision: WeightPrecision = .float32) -> String {
      let error = #expect(throws: (any Error).self) {
        try NetworkExport(network, as: format, to: folder.file(path), precision: precision).run()
      }
      return error.map { "\($0)" } ?? ""
    }
    #expect(refusal(.onnx, "a.onnx", .float16).contains("--precision float16"))
    #expect(refusal(.onnx, "start.safetensors/a.onnx").contains("Not a directory"))
    #expect(refusal(.onnx, "none/a.onnx", .float16).contains("--precision float16"))
    try folder.write([1], as: "a.bin")
    #expect(refusal(.ncnn, "a.param").contains("a.bin is there already; give --overwrite"))
    #expect(try folder.names() == ["a.bin", "start.safetensors"])
    try folder.makeFolder("a.onnx")
    #expect(refusal(.onnx, "a.onnx").contains("a.onnx"))

    let entry = network.weights.layout.entries[1]
    network.weights.setTensor(entry, to: [Float](repeating: 65520, count: entry.count))
    let overflow = refusal(.safetensors, "a.safetensors", .float16)
    #expect(overflow.contains("conv1.0.bias does not fit float16: element 0 of 16 is 65520.0"), "\(overflow)")
    try NetworkExport(network, as: .pth, to: folder.file("a.pth"), precision: .bfloat16).run()
    // The nearest number of float16 is the largest one.
    network.weights.setTensor(entry, to: [Float](repeating: Float(65520).nextDown, count: entry.count))
    try NetworkExport(network, as: .pth, to: folder.file("b.pth"), precision: .float16).run()
    let read = try TrainedNetwork(folder.file("b.pth")).weights
    #expect(read.tensor(read.layout.entries[1])[0] == 65504)
  }

  @Test func foldersAreCreated() throws {
    let network = try SampleNetworks.network(SampleNetworks.all[0], in: folder)
    try NetworkExport(network, as: .ncnn, to: folder.file("new/x4/a.param")).run()
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.file("new/x4")).sorted() == [
        "a.bin", "a.param",
      ])
  }

  /// Replacing a checkpoint's file would damage the checkpoint.
  @Test func checkpointsAreNotOverwritten() throws {
    let network = try SampleNetworks.network(SampleNetworks.all[0], in: folder)
    try folder.makeFolder("best")
    for name in ["checksums.json", "model.safetensors"] { try folder.write([1], as: "best/\(name)") }
    let error = #expect(throws: ExportError.self) {
      try NetworkExport(
        network, as: .safetensors, to: folder.file("best/model.safetensors"), overwrites: true
      ).run()
    }
    #expect(error?.description.contains("would be damaged") == true)
    try NetworkExport(network, as: .pth, to: folder.file("start.safetensors"), overwrites: true).run()
    #expect(try TrainedNetwork(folder.file("start.safetensors")).model == network.model)
  }
}

extension ModelDescription: CustomTestStringConvertible {
  public var testDescription: String { description }
}
