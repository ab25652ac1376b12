import ArgumentParser
import SRCheckpoint

/// The weights that a command uses.
struct WeightOptions: ParsableArguments {
  static let help = ArgumentHelp(
    """
    A weight file (safetensors or PyTorch's .pth), a checkpoint's directory, or a run's folder, which stands for its \
    best checkpoint.
    """, valueName: "path")

  @Option(help: help, completion: .file())
  var weights: String
  @OptionGroup var choice: WeightChoiceOptions

  func validate() throws { try ValidationError.checkPaths(["--weights": weights]) }

  /// Reads the weights.
  func network() throws -> TrainedNetwork {
    try TrainedNetwork(weights, choice.averaged, key: choice.key.paramKey)
  }
}

/// Which of the weights are used that a command is given.
struct WeightChoiceOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: """
      Take the averaged weights, or those of the last step. (default: the averaged weights if there are some)
      """)
  var ema: Bool?
  @OptionGroup var key: ParameterKeyOption

  /// Whether the averaged weights are taken.
  var averaged: AveragedWeights {
    switch ema {
    case nil: .ifThere
    case true?: .needed
    case false?: .notTaken
    }
  }
}

/// Where the weights lie in a file that holds more.
struct ParameterKeyOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Where the weights lie in a file of PyTorch: keys of nested dictionaries, joined by dots, such as 'state_dict.netG'. \
      (default: known keys such as params_ema, params and state_dict are tried)
      """, valueName: "key"))
  var paramKey: String?
}
