import SRFiles
import SRModels

/// The metadata that a weight file tells its network by: `metadata` holds the ``ModelDescription`` as JSON, as traiNNer-redux
/// writes it, beside `format`, which is `pt` for tensors in PyTorch's names and shapes.
package enum ModelMetadata {
  static let modelKey = "metadata"
  private static let formatKey = "format"

  /// What describes `model`, and `others`.
  package static func of(_ model: ModelDescription, adding others: [String: String] = [:]) throws -> [String:
    String]
  {
    let json = String(decoding: try ReadableJSON.encode(model, .oneLine).dropLast(), as: UTF8.self)
    return others.merging([formatKey: "pt", modelKey: json]) { $1 }
  }
}

extension SafetensorsFile {
  /// The network whose weights the file holds: told by the metadata or, in a file that other programs wrote, by the tensors'
  /// names and shapes.
  ///
  /// Throws ``SafetensorsError`` if the metadata are no description of a network, or the tensors those of no known one.
  package func modelDescription() throws -> ModelDescription {
    do {
      if let text = metadata[ModelMetadata.modelKey] {
        do {
          return try ReadableJSON.decode(ModelDescription.self, from: text.utf8)
        } catch DecodingError.dataCorrupted(let context) {
          throw ModelDescriptionError(context.debugDescription)
        } catch DecodingError.keyNotFound(let key, _) {
          throw ModelDescriptionError("there is no \(key.stringValue)")
        } catch DecodingError.typeMismatch(_, let context) {
          throw ModelDescriptionError(context.debugDescription)
        }
      }
      return try ModelDescription(
        tensors: Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.shape) }))
    } catch let error as ModelDescriptionError {
      throw SafetensorsError(path: path, .unknownModel(error.description))
    }
  }
}
