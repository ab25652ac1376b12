import SRFiles
import SRModels

/// The metadata that describe a weight file's network. `metadata` holds the ``ModelDescription`` as JSON, in the way of
/// traiNNer-redux. `format` is `pt`, for tensors with PyTorch's names and shapes.
package enum ModelMetadata {
  static let modelKey = "metadata"
  private static let formatKey = "format"

  /// The metadata that describe `model`, together with `others`.
  package static func of(
    _ model: ModelDescription, adding others: [String: String] = [:]
  ) throws -> [String: String] {
    let json = String(decoding: try ReadableJSON.encode(model, .oneLine).dropLast(), as: UTF8.self)
    return others.merging([formatKey: "pt", modelKey: json]) { $1 }
  }
}

extension SafetensorsFile {
  /// The network whose weights the file holds. The metadata describe it. Without a description, as in files of other programs,
  /// the tensors' names and shapes tell the network.
  ///
  /// Throws ``SafetensorsError`` if the metadata do not describe a network, or if the tensors are not those of a known one.
  package func modelDescription() throws -> ModelDescription {
    if let described = try describedModel() { return described }
    do {
      return try ModelDescription(
        tensors: Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.shape) }))
    } catch let error as ModelDescriptionError {
      throw SafetensorsError(path: path, .unknownModel(error.description))
    }
  }

  /// The network that the metadata describe; nil if they have no description. Throws ``SafetensorsError`` if the description is
  /// not one of a network that srdist builds.
  package func describedModel() throws -> ModelDescription? {
    guard let text = metadata[ModelMetadata.modelKey] else { return nil }
    func unknown(_ reason: String) -> SafetensorsError {
      SafetensorsError(path: path, .unknownModel("its metadata key \(ModelMetadata.modelKey): \(reason)"))
    }
    do {
      return try ReadableJSON.decode(ModelDescription.self, from: text.utf8)
    } catch DecodingError.keyNotFound(let key, _) {
      throw unknown("there is no \(key.stringValue)")
    } catch DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context),
      DecodingError.valueNotFound(_, let context)
    {
      throw unknown(context.debugDescription)
    }
  }
}
