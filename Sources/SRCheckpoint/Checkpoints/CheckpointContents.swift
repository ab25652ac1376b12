import SRTensor

/// What goes into a checkpoint.
package struct CheckpointContents: Sendable {
  package var weights: ParameterArena
  /// Adam's running mean of the gradient.
  package var firstMoment: ParameterArena
  /// Adam's running mean of the squared gradient.
  package var secondMoment: ParameterArena
  /// The exponential moving average of the weights, if the run keeps one.
  package var averagedWeights: ParameterArena?
  package var state: CheckpointState

  package init(
    weights: ParameterArena, firstMoment: ParameterArena, secondMoment: ParameterArena,
    averagedWeights: ParameterArena? = nil, state: CheckpointState
  ) {
    self.weights = weights
    self.firstMoment = firstMoment
    self.secondMoment = secondMoment
    self.averagedWeights = averagedWeights
    self.state = state
  }

  /// The weight files and their names.
  func weightFiles() throws -> [(name: String, writer: SafetensorsWriter)] {
    var place = ["epoch": "\(state.epoch)", "step": "\(state.step)", "srdist": state.srdistVersion]
    place["arithmetic"] = state.arithmeticVersion.map { "\($0)" }
    place["trunk_balance"] = state.trunkFactors.map(CheckpointState.text(ofFactors:))
    let metadata = try state.model.map { try ModelMetadata.of($0, adding: place) } ?? place
    func writer(_ groups: [ParameterGroup]) -> SafetensorsWriter {
      SafetensorsWriter(tensors: groups.tensors, metadata: metadata)
    }
    var files = [
      (CheckpointDirectory.modelFile, writer([ParameterGroup(arena: weights)])),
      (
        CheckpointDirectory.optimizerFile,
        writer(CheckpointDirectory.moments(first: firstMoment, second: secondMoment))
      ),
    ]
    if let averagedWeights {
      files.append((CheckpointDirectory.averagedFile, writer([ParameterGroup(arena: averagedWeights)])))
    }
    return files
  }
}
