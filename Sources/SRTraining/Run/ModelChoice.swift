import SRCheckpoint
import SRData
import SRKernels
import SRModels
import SRTensor

extension TrainingConfiguration {
  /// The network to train: the one that `model` names, with the given values in place of its own. The data decide the
  /// scale, the channels and the range of values.
  ///
  /// - Throws: ``ConfigurationError`` if the settings and the data do not fit each other, or describe no network.
  func modelDescription(for data: any PairSource) throws -> ModelDescription {
    var description = model.description
    if let features { description.features = features }
    if let blocks { description.blocks = blocks }
    if let attention {
      guard description.architecture.takesAttention || attention == .none else {
        throw ConfigurationError(
          "attention: networks of --model \(model.rawValue) have no place for \(attention); leave out --attention"
        )
      }
      description.attention = attention
    }
    description.scale = data.scale
    let sizes =
      "\(data.summary): \(data.highResHeight)x\(data.highResWidth) over \(data.lowResHeight)x\(data.lowResWidth)"
    if let scale, scale != data.scale {
      throw ConfigurationError(
        "scale: --scale \(scale) is given, and the data have scale \(data.scale) (\(sizes)). Leave out --scale, or give "
          + "data of scale \(scale) (`srdist prepare --scale \(scale)`).")
    }
    guard description.architecture.scales.contains(data.scale) else {
      throw ConfigurationError(
        "scale: the data have scale \(data.scale) (\(sizes)), and networks of --model \(model.rawValue) have "
          + "\(description.architecture.scalesText). Prepare data of one of these scales (`srdist prepare --scale`)."
      )
    }
    (description.inputChannels, description.outputChannels) = (data.lowResChannels, data.highResChannels)
    for (name, given, found, pictures) in [
      ("in-channels", inChannels, data.lowResChannels, "low-resolution"),
      ("out-channels", outChannels, data.highResChannels, "high-resolution"),
    ] {
      guard let given, given != found else { continue }
      throw ConfigurationError(
        "\(name): --\(name) \(given) is given, and the \(pictures) pictures of \(data.summary) have \(found) "
          + "channel\(found == 1 ? "" : "s"). Leave out --\(name), or give arrays of \(given) channel\(given == 1 ? "" : "s")"
      )
    }
    if description.architecture.addsInput, data.lowResChannels != data.highResChannels {
      throw ConfigurationError(
        "model: networks of --model \(model.rawValue) add their input to their output, and the pictures of \(data.summary) have "
          + "\(data.lowResChannels) and \(data.highResChannels) channels. Give --model vanilla or attention")
    }
    description.values = data.values.isStandard ? nil : data.values
    do {
      try description.validate()
    } catch {
      throw ConfigurationError("the network cannot be built: \(error)")
    }
    return description
  }
}

extension TrainingConfiguration {
  /// Gives a run's network its initial weights.
  ///
  /// - Returns: what was taken from the file of initial weights, for a person to read.
  /// - Throws: ``ConfigurationError``, and what reading the file throws.
  func start(_ parameters: ParameterArena, of network: any SuperResolutionNetwork) throws -> [String] {
    if initWeights == nil || !strict { network.initialize(parameters, as: initialization, seed: seed) }
    if let initWeights {
      return try loadInitialWeights(from: initWeights, into: parameters, of: network.model)
    }
    if strict, paramKey == nil { return [] }
    throw ConfigurationError(
      "\(strict ? "param-key" : "no-strict"): says how --init-weights is read, which is not given; leave it out, or give "
        + "--init-weights")
  }

  /// Fills `parameters` from the weight file, checkpoint or run that the configuration names. If ``strict`` is off, parameters
  /// that the file lacks stay as they are.
  ///
  /// - Parameter model: the network that `parameters` belong to.
  /// - Returns: what was chosen, unwrapped and taken, for a person to read.
  /// - Throws: ``ConfigurationError`` naming both sides if the file holds another network's weights; ``CheckpointError``,
  ///   ``SafetensorsError`` or ``WeightFileError`` if the file cannot be read, does not fit, or holds a value that is not finite.
  private func loadInitialWeights(
    from path: String, into parameters: ParameterArena, of model: ModelDescription
  ) throws -> [String] {
    let place = try WeightPlace(path)
    let weights = try place.open(key: paramKey)
    let notes = place.notes + weights.notes
    if !strict { return notes + [try weights.loadWhatFits(into: parameters)] }
    // If nothing describes the file and its tensors belong to no known network, loading says which ones do not fit.
    if var theirs = try weights.describedModel() ?? (try? weights.modelDescription()) {
      // What the values of files mean changes no tensor.
      theirs.values = model.values
      let differences = model.differences(from: theirs, in: place.file, here: "this run")
      guard differences.isEmpty else {
        let fitsData =
          (theirs.scale, theirs.inputChannels, theirs.outputChannels)
          == (model.scale, model.inputChannels, model.outputChannels)
        let remedy =
          theirs.scale == model.scale
          ? fitsData
            ? "Give \(theirs.options)"
            : "Give data of as many channels\(trainHR.isEmpty ? "" : " (--in-channels and --out-channels read grey files as RGB)")"
          : "Give data of scale \(theirs.scale) (`srdist prepare --scale \(theirs.scale)`)"
        throw ConfigurationError(
          "init-weights: \(place.file) holds the weights of another network: \(differences.joined(separator: "; ")). "
            + "\(remedy), or leave out --init-weights; --no-strict takes what fits.")
      }
    }
    try weights.load(into: parameters)
    return notes
  }
}
