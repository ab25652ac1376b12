extension TrainingConfiguration {
  /// Applies layers of settings in order, and checks the result. Later layers override earlier ones. ``maxSteps`` of a layer that
  /// gives no ``epochs`` ends the run alone, unless a later layer gives epochs.
  ///
  /// - Parameter base: has the values of settings that no layer gives.
  /// - Throws: ``ConfigurationError`` if a value cannot be used. The error names the setting, the expected values, and the
  ///   layer that gave the value.
  package init(layers: [SettingLayer], over base: TrainingConfiguration = TrainingConfiguration()) throws {
    self = base
    var stepsAlone = false
    for layer in layers {
      try apply(layer)
      stepsAlone = layer[.of(\.epochs)] == nil && (stepsAlone || layer[.of(\.maxSteps)] != nil)
    }
    // Whoever gives a number of steps over a preset's epochs wants that many, unless the epochs shape the rate.
    if stepsAlone && maxSteps != nil && !(lrSchedule == .cosine && lrUnit == .epochs) {
      epochs = Self.mostEpochs
    }
    try validate()
  }

  /// Applies the settings of a layer. Checks each setting alone.
  package mutating func apply(_ layer: SettingLayer) throws {
    for setting in Setting.all {
      guard let value = layer[setting] else { continue }
      do {
        try setting.apply(value, to: &self)
      } catch {
        let given = value.spelling.count > 100 ? "\(value.spelling.prefix(100))..." : value.spelling
        throw ConfigurationError("\(setting.name): \(error) ('\(given)' in \(layer.origin))")
      }
    }
  }

  /// Checks that the settings fit together.
  private func validate() throws {
    if reduction == .mpi && gradientDType == .bfloat16 {
      throw ConfigurationError(
        "gradient-dtype bfloat16 needs reduction tree; plain MPI_Allreduce exchanges float32")
    }
    if reduction == .mpi && virtualRanks != nil {
      throw ConfigurationError("virtual-ranks needs reduction tree; for reduction mpi, start real ranks")
    }
    if let virtualRanks, virtualRanks > batchSize {
      throw ConfigurationError(
        "virtual-ranks: \(batchSize) images cannot be dealt to \(virtualRanks) ranks; use fewer, or raise batch-size"
      )
    }
    try validateSchedule()
    if range != nil && data == nil && trainHR.isEmpty {
      throw ConfigurationError(
        "range says what the values of --data and --train-hr mean, and synthetic faces have the whole range; give one of them, or "
          + "leave it out")
    }
    try validateFolders()
    if crop == .random && data == nil && trainHR.isEmpty {
      throw ConfigurationError(
        "crop random cuts fresh crops from full images; give --data a folder made by `srdist prepare --keep-full`"
      )
    }
  }

  private func validateFolders() throws {
    if trainHR.isEmpty {
      let standard = TrainingConfiguration()
      let given = [
        ("train-lr", !trainLR.isEmpty), ("patch", patch != nil), ("filename-tmpl", filenameTmpl != nil),
        ("patches-per-image", patchesPerImage != standard.patchesPerImage),
        ("data-cache", dataCache != standard.dataCache),
      ]
      if let unused = given.first(where: \.1)?.0 {
        throw ConfigurationError(
          "\(unused) belongs to train-hr, which is not given; give --train-hr, or leave it out")
      }
    } else if trainLR.isEmpty {
      if filenameTmpl != nil {
        throw ConfigurationError(
          "filename-tmpl names the pictures of train-lr, which is not given; give --train-lr, or leave it out"
        )
      }
    } else if trainLR.count != trainHR.count {
      throw ConfigurationError(
        "train-lr has \(trainLR.count) folder(s), and train-hr has \(trainHR.count); each folder of originals needs the "
          + "folder of its low-resolution pictures, in the same order")
    }
  }

  private func validateSchedule() throws {
    if warmupEpochs > 0 && warmupSteps > 0 {
      throw ConfigurationError(
        "warmup-epochs and warmup-steps are both set; give one of them, and 0 for the other")
    }
    switch lrSchedule {
    case .step: break
    case .multistep:
      if lrMilestones.isEmpty {
        throw ConfigurationError(
          "lr-schedule multistep needs lr-milestones, such as --lr-milestones 10,15 (--lr-unit says of what)")
      }
    case .cosine:
      if lrUnit == .steps && maxSteps == nil {
        throw ConfigurationError("lr-schedule cosine with lr-unit steps needs max-steps, at which it ends")
      }
    case .cosineRestart:
      if lrPeriods.isEmpty {
        throw ConfigurationError(
          "lr-schedule cosine-restart needs lr-periods, such as --lr-periods 10,10 (--lr-unit says of what)")
      }
      if !lrRestartWeights.isEmpty && lrRestartWeights.count != lrPeriods.count {
        throw ConfigurationError(
          "lr-restart-weights has \(lrRestartWeights.count) weights for \(lrPeriods.count) lr-periods; give one for each"
        )
      }
    }
  }

  /// The run as a YAML file that `--config` reads back, without the settings of a single invocation.
  package func yaml(header: String) -> String {
    let comment = header.split(separator: "\n").map { "# \($0)" }
    let lines = Setting.all.filter(\.isRecorded).compactMap { setting in
      setting.yaml(in: self).map { "\(setting.name): \($0)" }
    }
    return (comment + lines).joined(separator: "\n") + "\n"
  }

  /// The settings that give another run other bits, each as `name: theirs there, ours here`.
  package func differences(from other: TrainingConfiguration) -> [String] {
    Setting.all.filter { $0.decidesResult(in: self) }.compactMap { $0.difference(here: self, there: other) }
  }

  /// Differences in the places of data, weights and networks. They do not make a checkpoint unusable, but may explain why its
  /// inputs differ.
  func differencesOfPlaces(from other: TrainingConfiguration) -> [String] {
    Setting.all.filter(\.namesInputs).compactMap { $0.difference(here: self, there: other) }
  }
}
