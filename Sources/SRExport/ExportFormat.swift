import SRCheckpoint
import SRFiles

/// The form in which a network is handed to another program.
package enum ExportFormat: String, CaseIterable, Sendable {
  /// Weights alone, with PyTorch's names and shapes, and the network's description in the metadata.
  case safetensors
  /// The network and its weights, for onnxruntime, chaiNNer and others.
  case onnx
  /// The network (`.param`) and its weights (`.bin`), for ncnn.
  case ncnn
  /// Weights alone, as `torch.save(state_dict, path)` writes them.
  case pth

  /// Endings of file names, without the point. The first is the usual one.
  package var endings: [String] {
    switch self {
    case .safetensors: ["safetensors"]
    case .onnx: ["onnx"]
    case .ncnn: ["param", "bin"]
    case .pth: ["pth", "pt"]
    }
  }

  /// The format that the ending of `path` names; nil if there is none.
  package init?(ending path: String) {
    let name = path.split(separator: "/").last ?? ""
    guard let point = name.lastIndex(of: ".") else { return nil }
    let ending = name[name.index(after: point)...].lowercased()
    guard let format = Self.allCases.first(where: { $0.endings.contains(ending) }) else { return nil }
    self = format
  }
}

extension TrainedNetwork {
  /// Writes the network to `path`, atomically. ncnn's form has two files: `path` with the endings `.param` and `.bin`.
  ///
  /// - Parameter precision: of the numbers in a safetensors file. Other formats hold float32.
  /// - Returns: the files that were written.
  /// - Throws: ``SafetensorsError``, ``FileError`` or ``TorchArchiveError``.
  package func write(
    _ format: ExportFormat, to path: String, precision: WeightPrecision = .float32
  ) throws -> [String] {
    switch format {
    case .safetensors:
      try saveParameters(weights, to: path, metadata: ModelMetadata.of(model), precision: precision)
    case .onnx:
      try DurableFileWriter.replace(path, with: ONNXModel(self).bytes())
    case .pth:
      try DurableFileWriter.replace(path, with: TorchArchive(weights).bytes())
    case .ncnn:
      let stem = format.endings.reduce(path) {
        $0.hasSuffix(".\($1)") ? String($0.dropLast($1.count + 1)) : $0
      }
      let network = NCNNModel(self)
      // The weights come first: a network whose weights are absent loads nowhere.
      try DurableFileWriter.replace("\(stem).bin", with: network.weights)
      try DurableFileWriter.replace("\(stem).param", with: network.structure.utf8)
      return ["\(stem).param", "\(stem).bin"]
    }
    return [path]
  }
}
