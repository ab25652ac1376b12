import Foundation

extension TrainingConfiguration {
  /// Applies layers of settings one over the other, the last winning, and checks the whole.
  package init(layers: [SettingLayer]) throws {
    self.init()
    for layer in layers {
      for setting in Setting.allCases {
        guard let text = layer.values[setting] else { continue }
        do {
          try apply(setting, text)
        } catch let error as ConfigurationError {
          throw ConfigurationError(
            "\(setting.rawValue): \(error.description) ('\(text)' in \(layer.origin))")
        }
      }
    }
    try validate()
  }

  /// The value of a setting as text that ``init(layers:)`` reads back; nil where it is not set.
  package func text(of setting: Setting) -> String? {
    switch setting {
    case .model: model.rawValue
    case .loss: loss
    case .epochs: String(epochs)
    case .maxSteps: maxSteps.map(String.init)
    case .batchSize: String(batchSize)
    case .learningRate: "\(learningRate)"
    case .lrSchedule: lrSchedule.rawValue
    case .lrStep: String(lrStep)
    case .lrGamma: "\(lrGamma)"
    case .lrFinal: "\(lrFinal)"
    case .warmupEpochs: "\(warmupEpochs)"
    case .lrScaling: lrScaling.rawValue
    case .seed: String(seed)
    case .shuffle: String(shuffle)
    case .augment: augment.rawValue
    case .crop: crop.rawValue
    case .emaDecay: "\(emaDecay ?? 0)"
    case .gradientDType: gradientDType.rawValue
    case .reduction: reduction.rawValue
    case .initialization: initialization.rawValue
    case .initWeights: initWeights
    case .data: data
    case .syntheticTrain: String(syntheticTrain)
    case .syntheticValid: String(syntheticValid)
    case .weightsDir: weightsDir
    case .vggInput: vggInput.rawValue
    case .lpipsInput: lpipsInput.rawValue
    case .lpipsLinear: lpipsLinear.rawValue
    case .output: output
    case .resume:
      switch resume {
      case .auto: "auto"
      case .never: "never"
      case .checkpoint(let path): path
      }
    case .checkpointEvery: String(checkpointEvery ?? 0)
    case .keepCheckpoints: String(keepCheckpoints)
    case .validation: validation.rawValue
    case .threads: threads.map(String.init)
    case .virtualRanks: virtualRanks.map(String.init)
    case .bucketSize: String(bucketSize)
    case .overlap: String(overlap)
    case .samples: String(samples)
    case .tensorboard: String(tensorboard)
    case .stallTimeout: "\(stallTimeout ?? 0)"
    }
  }

  private mutating func apply(_ setting: Setting, _ text: String) throws {
    switch setting {
    case .model: model = try choice(text)
    case .loss: loss = text
    case .epochs: epochs = try whole(text, from: 1)
    case .maxSteps: maxSteps = try whole(text, from: 1)
    case .batchSize: batchSize = try whole(text, from: 1)
    case .learningRate: learningRate = try number(text, above: 0)
    case .lrSchedule: lrSchedule = try choice(text)
    case .lrStep: lrStep = try whole(text, from: 1)
    case .lrGamma: lrGamma = try number(text, above: 0, to: 1)
    case .lrFinal: lrFinal = try number(text, from: 0, to: 1)
    case .warmupEpochs: warmupEpochs = try number(text, from: 0)
    case .lrScaling: lrScaling = try choice(text)
    case .seed:
      guard let value = UInt64(text) else {
        throw ConfigurationError("a whole number from 0 to \(UInt64.max) is needed")
      }
      seed = value
    case .shuffle: shuffle = try truth(text)
    case .augment: augment = try choice(text)
    case .crop: crop = try choice(text)
    case .emaDecay:
      let value = try number(text, from: 0, below: 1)
      emaDecay = value == 0 ? nil : value
    case .gradientDType: gradientDType = try choice(text)
    case .reduction: reduction = try choice(text)
    case .initialization: initialization = try choice(text)
    case .initWeights: initWeights = try path(text)
    case .data: data = try path(text)
    case .syntheticTrain: syntheticTrain = try whole(text, from: 1, to: mostDrawnImages)
    case .syntheticValid: syntheticValid = try whole(text, from: 1, to: mostDrawnImages)
    case .weightsDir: weightsDir = try path(text)
    case .vggInput: vggInput = try choice(text)
    case .lpipsInput: lpipsInput = try choice(text)
    case .lpipsLinear: lpipsLinear = try choice(text)
    case .output: output = try path(text)
    case .resume:
      switch text {
      case "auto": resume = .auto
      case "never": resume = .never
      default: resume = .checkpoint(path: try path(text))
      }
    case .checkpointEvery:
      let value = try whole(text, from: 0)
      checkpointEvery = value == 0 ? nil : value
    case .keepCheckpoints: keepCheckpoints = try whole(text, from: 1)
    case .validation: validation = try choice(text)
    case .threads: threads = try whole(text, from: 1, to: TrainingConfiguration.mostThreads)
    case .virtualRanks: virtualRanks = try whole(text, from: 1)
    case .overlap: overlap = try truth(text)
    case .bucketSize: bucketSize = try whole(text, from: 4096)
    case .samples: samples = try whole(text, from: 0)
    case .tensorboard: tensorboard = try truth(text)
    case .stallTimeout:
      // Heartbeats come by the second.
      let value = try number(text, from: Double(text) == 0 ? 0 : 1)
      stallTimeout = value == 0 ? nil : value
    }
  }

  /// Checks what no single setting shows.
  private func validate() throws {
    if reduction == .mpi && gradientDType == .bfloat16 {
      throw ConfigurationError(
        "gradient-dtype bfloat16 belongs to reduction tree; plain MPI_Allreduce exchanges float32")
    }
    if reduction == .mpi && virtualRanks != nil {
      throw ConfigurationError("virtual-ranks plays reduction tree; with reduction mpi start real ranks")
    }
    if let virtualRanks, virtualRanks > batchSize {
      throw ConfigurationError(
        "virtual-ranks: \(batchSize) images cannot be dealt to \(virtualRanks) ranks; play fewer, or raise batch-size"
      )
    }
    if crop == .random && data == nil {
      throw ConfigurationError(
        "crop random cuts fresh crops from full images; give --data a folder made by `srdist prepare --keep-full`"
      )
    }
  }
}

private func choice<Choice: RawRepresentable & CaseIterable>(_ text: String) throws -> Choice
where Choice.RawValue == String {
  guard let value = Choice(rawValue: text) else {
    let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    throw ConfigurationError("one of \(known) is needed")
  }
  return value
}

/// An unset variable of a shell gives an empty text; what is put below that would lie in the root of the file system.
private func path(_ text: String) throws -> String {
  guard !text.isEmpty else { throw ConfigurationError("a path is needed, and it is empty") }
  return text
}

private func truth(_ text: String) throws -> Bool {
  guard let value = Bool(text) else { throw ConfigurationError("true or false is needed") }
  return value
}

/// Drawn images lie in memory, 52 KB each.
private let mostDrawnImages = 100_000

/// - Parameter most: so large by default that the product of two such numbers can still be counted.
private func whole(_ text: String, from least: Int, to most: Int = 1_000_000_000) throws -> Int {
  guard let value = Int(text), (least...most).contains(value) else {
    throw ConfigurationError("a whole number from \(least) to \(most) is needed")
  }
  return value
}

private func number(
  _ text: String, above: Double? = nil, from: Double? = nil, to: Double? = nil, below: Double? = nil
) throws -> Double {
  if let value = Double(text), value.isFinite, above.map({ value > $0 }) ?? true,
    from.map({ value >= $0 }) ?? true, to.map({ value <= $0 }) ?? true, below.map({ value < $0 }) ?? true
  {
    return value
  }
  let bounds = [
    above.map { "above \($0)" }, from.map { "of at least \($0)" }, to.map { "of at most \($0)" },
    below.map { "below \($0)" },
  ].compactMap { $0 }
  throw ConfigurationError("a number \(bounds.joined(separator: " and ")) is needed")
}
