import SRCheckpoint
import SRData
import SRKernels
import SRModels
import SRTensor

extension TrainingConfiguration {
  /// The network to train: the one that `model` names, with the given values in place of its own. The data decide the scale.
  ///
  /// - Throws: ``ConfigurationError`` if the settings and the data do not fit each other, or describe no network.
  func modelDescription(for data: any PairDataset) throws -> ModelDescription {
    var description = model.description
    if let features { description.features = features }
    if let blocks { description.blocks = blocks }
    if let attention { description.attention = attention }
    description.scale = data.scale
    let sizes =
      "\(data.summary): \(data.highResHeight)x\(data.highResWidth) over \(data.lowResHeight)x\(data.lowResWidth)"
    if let scale, scale != data.scale {
      throw ConfigurationError(
        "scale: --scale \(scale) is given, and the data have scale \(data.scale) (\(sizes)). Leave out --scale, or give "
          + "data of scale \(scale) (`srdist prepare --scale \(scale)`).")
    }
    guard description.architecture.scales.contains(data.scale) else {
      let others = ModelKind.withScale(data.scale)
      throw ConfigurationError(
        "scale: the data have scale \(data.scale) (\(sizes)), and networks of --model \(model.rawValue) have "
          + "\(description.architecture.scalesText). Prepare data of one of these scales (`srdist prepare --scale`)"
          + (others.isEmpty ? "." : ", or give --model \(others.map(\.rawValue).joined(separator: " or "))."))
    }
    do {
      try description.validate()
    } catch {
      throw ConfigurationError("the network cannot be built: \(error)")
    }
    return description
  }
}

/// Fills `parameters` from the weight file or checkpoint at `path`.
///
/// - Parameter model: the network that `parameters` belong to.
/// - Throws: ``ConfigurationError`` naming both sides if the file holds another network's weights, or naming a tensor that is not
///   finite; ``CheckpointError`` or ``SafetensorsError`` if the file cannot be read.
func loadInitialWeights(
  from path: String, into parameters: ParameterArena, of model: ModelDescription, kernels: any KernelSet
) throws {
  let file = try WeightPlace(path).file
  let weights = try SafetensorsFile(path: file)
  // If nothing describes the file and its tensors belong to no known network, loading says which ones do not fit.
  if let theirs = try weights.describedModel() ?? (try? weights.modelDescription()) {
    let differences = model.differences(from: theirs, in: file, here: "this run")
    guard differences.isEmpty else {
      let remedy =
        theirs.scale == model.scale
        ? "Give \(theirs.options)"
        : "Give data of scale \(theirs.scale) (`srdist prepare --scale \(theirs.scale)`)"
      throw ConfigurationError(
        "init-weights: \(file) holds the weights of another network: \(differences.joined(separator: "; ")). "
          + "\(remedy), or leave out --init-weights.")
    }
  }
  try loadParameters(from: file, into: parameters)
  try parameters.requireFinite(from: file, kernels: kernels)
}
