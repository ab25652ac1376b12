/// Every setting of a training run: a key of the YAML file, and `--KEY` on the command line.
package enum Setting: String, CaseIterable, Sendable {
  // What is learned: these decide the run's bits.
  case model
  case loss
  case epochs
  case maxSteps = "max-steps"
  case batchSize = "batch-size"
  case learningRate = "learning-rate"
  case lrSchedule = "lr-schedule"
  case lrStep = "lr-step"
  case lrGamma = "lr-gamma"
  case lrFinal = "lr-final"
  case warmupEpochs = "warmup-epochs"
  case lrScaling = "lr-scaling"
  case seed
  case shuffle
  case augment
  case crop
  case emaDecay = "ema-decay"
  case gradientDType = "gradient-dtype"
  case reduction
  case initialization = "init"
  case initWeights = "init-weights"
  // Where the data and the perceptual networks come from.
  case data
  case syntheticTrain = "synthetic-train"
  case syntheticValid = "synthetic-valid"
  case weightsDir = "weights-dir"
  case vggInput = "vgg-input"
  case lpipsInput = "lpips-input"
  case lpipsLinear = "lpips-linear"
  // How the run is carried out: these never change its bits.
  case output
  case resume
  case checkpointEvery = "checkpoint-every"
  case keepCheckpoints = "keep-checkpoints"
  case validation
  case threads
  case virtualRanks = "virtual-ranks"
  case bucketSize = "bucket-size"
  case overlap
  case samples
  case tensorboard
  case stallTimeout = "stall-timeout"

  /// Whether a checkpoint made with another value of this setting cannot be gone on from.
  var decidesResult: Bool {
    switch self {
    case .model, .loss, .batchSize, .learningRate, .lrSchedule, .lrStep, .lrGamma, .lrFinal, .warmupEpochs,
      .lrScaling, .seed, .shuffle, .augment, .crop, .emaDecay, .gradientDType, .reduction, .vggInput,
      .lpipsInput, .lpipsLinear, .initialization, .initWeights:
      true
    case .epochs, .maxSteps, .data, .syntheticTrain, .syntheticValid,
      .weightsDir, .output,
      .resume, .checkpointEvery, .keepCheckpoints, .validation, .threads, .virtualRanks, .bucketSize,
      .overlap,
      .samples, .tensorboard, .stallTimeout:
      false
    }
  }

  /// Settings that name this invocation rather than the run; they are not written to `config.yaml`.
  var namesInvocation: Bool {
    switch self {
    case .output, .resume, .threads, .virtualRanks: true
    default: false
    }
  }

  /// Whether all ranks of a job have to be given the same value: all but those that name a place on their host, whose
  /// contents are compared instead, and the threads.
  var isCommonToRanks: Bool {
    switch self {
    case .data, .weightsDir, .initWeights, .output, .resume, .threads: false
    default: true
    }
  }
}

/// Settings from one place, as they were written there: a preset, a YAML file, or the command line.
package struct SettingLayer: Sendable {
  /// Such as `preset hybrid`, `runs/a/config.yaml`, or `the command line`.
  package let origin: String
  package var values: [Setting: String]

  package init(origin: String, values: [Setting: String]) {
    self.origin = origin
    self.values = values
  }
}

/// A setting or a settings file that cannot be used.
package struct ConfigurationError: Error, CustomStringConvertible, Equatable {
  package let description: String
  package init(_ description: String) { self.description = description }
}
