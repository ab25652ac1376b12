import SRLayers
import SRModels
import SRTensor

/// A network and its weights, as they lie in a file.
package struct TrainedNetwork: Sendable {
  package let model: ModelDescription
  /// The operations, in forward order.
  package let graph: NetworkGraph
  package let weights: ParameterArena
  /// The file that the weights were read from.
  package let file: String
  /// What was chosen and unwrapped on the way to the weights, for a person to read.
  package let notes: [String]

  /// Reads the weights that a user names: a weight file, a checkpoint or a run.
  ///
  /// - Parameters:
  ///   - averaged: which weights are taken from a checkpoint or a file that has both.
  ///   - key: where the weights lie in a file; see ``WeightFile/init(path:_:key:)``.
  /// - Throws: ``CheckpointError``, ``SafetensorsError``, ``WeightFileError``, or ``FileError`` if the system cannot tell what is at
  ///   `path`. Weights that are not finite are an error.
  package init(_ path: String, _ averaged: AveragedWeights = .ifThere, key: String? = nil) throws {
    let place = try WeightPlace(path, averaged)
    let source = try place.open(key: key)
    let model = try source.modelDescription()
    var layout = ParameterLayout()
    let network = SRResNet(model, in: &layout)
    let weights = ParameterArena(layout: layout)
    try source.load(into: weights)
    self.model = model
    self.weights = weights
    file = place.file
    notes = place.notes + source.notes
    graph = network.graph
  }
}
