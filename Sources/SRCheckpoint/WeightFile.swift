import SRFiles
import SRModels

/// A file of weights: safetensors, or what `torch.save` writes. Its content tells which, not its name.
///
/// PyTorch programs wrap weights: in dictionaries such as `params_ema`, and in prefixes of names such as `module.`. Both are
/// taken off, in the way of the library spandrel, and ``notes`` say so.
package struct WeightFile {
  package struct Tensor {
    /// Without the prefixes that were taken off.
    package let name: String
    package let dtype: SafetensorsDType
    package let shape: [Int]
    package let count: Int
    fileprivate let source: Source
  }

  fileprivate enum Source {
    case safetensors(SafetensorsHeader.Tensor)
    case torch(TorchTensor)
  }

  private enum Content {
    case safetensors(SafetensorsFile)
    case torch(TorchFile)
  }

  package let path: String
  package let tensors: [Tensor]
  /// What was unwrapped and passed over, for a person to read.
  package let notes: [String]
  private let content: Content

  /// Opens the file at `path` and finds the weights in it.
  ///
  /// - Parameters:
  ///   - averaged: which weights are taken from a file that has both.
  ///   - key: where the weights lie: keys of nested dictionaries and beginnings of names, joined by dots; nil to look for them.
  /// - Throws: ``SafetensorsError`` or ``WeightFileError``.
  package init(path: String, _ averaged: AveragedWeights = .ifThere, key: String? = nil) throws {
    let file: MappedFile
    do {
      file = try MappedFile(path: path)
    } catch let error as FileError {
      throw WeightFileError(path: path, .file(error))
    }
    self.path = path
    var entries: [WeightUnwrapping.Entry]
    if file.withBytes(TorchFile.begins) {
      let torch = try TorchFile(file)
      content = .torch(torch)
      entries = torch.items.enumerated().map { .init(keys: $1.keys, isTensor: $1.tensor != nil, index: $0) }
    } else {
      let safetensors = try SafetensorsFile(path: path)
      content = .safetensors(safetensors)
      entries = safetensors.tensors.enumerated().map { .init(keys: [$1.name], isTensor: true, index: $0) }
    }
    let unwrapped = try WeightUnwrapping(entries, path: path, averaged, key: key)
    notes = unwrapped.notes.map { "\(path): \($0)" }
    let content = content
    tensors = unwrapped.named.map { name, index in
      switch content {
      case .safetensors(let file):
        let tensor = file.tensors[index]
        return Tensor(
          name: name, dtype: tensor.dtype, shape: tensor.shape, count: tensor.count,
          source: .safetensors(tensor))
      case .torch(let file):
        guard let tensor = file.items[index].tensor else { preconditionFailure("\(name) is no tensor") }
        return Tensor(
          name: name, dtype: tensor.storage.dtype, shape: tensor.shape, count: tensor.count,
          source: .torch(tensor))
      }
    }
    // Views of PyTorch may repeat the elements of a small file without end.
    let needed = tensors.reduce(0.0) { $0 + 4 * Double($1.count) }
    guard needed <= 8 * Double(file.count) + 0x1p24 else {
      throw WeightFileError(
        path: path, .tooLarge(bytes: Int(clamping: Int64(min(needed, 0x1p62))), fileBytes: file.count))
    }
  }

  /// The metadata of a safetensors file.
  package var metadata: [String: String] {
    if case .safetensors(let file) = content { file.metadata } else { [:] }
  }

  /// The tensor's elements, row-major, converted to `Float`. Throws ``SafetensorsError`` or ``WeightFileError``.
  package func floats(_ tensor: Tensor) throws -> [Float] {
    switch (content, tensor.source) {
    case (.safetensors(let file), .safetensors(let source)): return try file.floats(source)
    case (.torch(let file), .torch(let source)): return try file.floats(source, tensor.name)
    default: preconditionFailure("\(tensor.name) is a tensor of another file")
    }
  }

  /// The network that the metadata describe; nil if they have no description. Throws ``SafetensorsError`` if the description is
  /// not one of a network that srdist builds.
  package func describedModel() throws -> ModelDescription? {
    if case .safetensors(let file) = content { try file.describedModel() } else { nil }
  }

  /// The network whose weights the file holds: as its metadata or its tensors tell.
  ///
  /// Throws ``SafetensorsError`` if the metadata do not describe a network, or ``WeightFileError`` if the tensors are not those of
  /// a known one.
  package func modelDescription() throws -> ModelDescription {
    if let described = try describedModel() { return described }
    do {
      return try ModelDescription(tensors: Dictionary(tensors.map { ($0.name, $0.shape) }) { $1 })
    } catch let error as ModelDescriptionError {
      throw WeightFileError(path: path, .unknownModel(error.description))
    }
  }
}
