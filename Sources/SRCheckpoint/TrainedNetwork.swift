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

  /// Reads the weights that a user names: a weight file or a checkpoint.
  ///
  /// Throws ``CheckpointError``, ``SafetensorsError``, or ``FileError`` if the system cannot tell what is at `path`.
  package init(_ path: String) throws {
    let file = try CheckpointDirectory.weightFile(path)
    let model = try SafetensorsFile(path: file).modelDescription()
    var layout = ParameterLayout()
    let network = model.network(in: &layout)
    let weights = ParameterArena(layout: layout)
    try loadParameters(from: file, into: weights)
    self.model = model
    self.weights = weights
    self.file = file
    graph = network.graph
  }
}
