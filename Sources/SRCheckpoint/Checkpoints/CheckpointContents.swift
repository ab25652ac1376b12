import SRTensor

/// What goes into a checkpoint.
public struct CheckpointContents: Sendable {
  public var weights: ParameterArena
  /// Adam's running mean of the gradient.
  public var firstMoment: ParameterArena
  /// Adam's running mean of the squared gradient.
  public var secondMoment: ParameterArena
  /// The exponential moving average of the weights, where the run keeps one.
  public var averagedWeights: ParameterArena?
  public var state: CheckpointState

  public init(
    weights: ParameterArena, firstMoment: ParameterArena, secondMoment: ParameterArena,
    averagedWeights: ParameterArena? = nil, state: CheckpointState
  ) {
    self.weights = weights
    self.firstMoment = firstMoment
    self.secondMoment = secondMoment
    self.averagedWeights = averagedWeights
    self.state = state
  }

  /// The weight files by name.
  var weightFiles: [(name: String, writer: SafetensorsWriter)] {
    let metadata = [
      "format": "pt", "epoch": "\(state.epoch)", "step": "\(state.step)", "srdist": state.srdistVersion,
    ]
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
