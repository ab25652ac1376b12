import ArgumentParser
import SRCheckpoint

/// The weights that a command uses.
struct WeightOptions: ParsableArguments {
  static let help = ArgumentHelp(
    """
    A weight file (safetensors or PyTorch's .pth), a checkpoint's directory, or a run's folder, which stands for its \
    best checkpoint.
    """, valueName: "path")

  @Option(help: Self.help, completion: .file())
  var weights: String

  @OptionGroup var choice: WeightChoiceOptions

  func validate() throws { try ValidationError.checkPaths(["--weights": weights]) }

  /// Reads the weights.
  func network() throws -> TrainedNetwork { try choice.network(weights) }
}

/// Which of the weights in a file or checkpoint are taken.
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

  /// Reads the weights of the file, checkpoint or run at `path`.
  func network(_ path: String) throws -> TrainedNetwork {
    try TrainedNetwork(path, averaged, key: key.paramKey)
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
