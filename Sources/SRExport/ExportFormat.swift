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

  /// Whether the format can hold numbers of other precisions than float32.
  var hasPrecisions: Bool { self == .safetensors || self == .pth }

  /// The files that an export to `path` writes. ncnn's form has two: `path` with the endings `.param` and `.bin`.
  func files(at path: String) -> [String] {
    guard self == .ncnn else { return [path] }
    let stem = endings.first { path.lowercased().hasSuffix(".\($0)") }.map { path.dropLast($0.count + 1) }
    return endings.map { "\(stem ?? path[...]).\($0)" }
  }
}
