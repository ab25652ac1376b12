extension TrainingConfiguration {
  /// Applies layers of settings one over the other, the last winning, and checks the whole.
  ///
  /// - Parameter base: what holds where no layer says.
  /// - Throws: ``ConfigurationError`` that names a setting whose value cannot be used, what is expected, and where it was given.
  package init(layers: [SettingLayer], over base: TrainingConfiguration = TrainingConfiguration()) throws {
    self = base
    for layer in layers { try apply(layer) }
    try validate()
  }

  /// Takes over what a layer gives, each setting checked for itself.
  package mutating func apply(_ layer: SettingLayer) throws {
    for setting in Setting.all {
      guard let value = layer[setting] else { continue }
      do {
        try setting.apply(value, to: &self)
      } catch {
        throw ConfigurationError("\(setting.name): \(error) ('\(value.spelling)' in \(layer.origin))")
      }
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

  /// The run as a YAML file that `--config` reads back; settings of one invocation are left out.
  package func yaml(header: String) -> String {
    let comment = header.split(separator: "\n").map { "# \($0)" }
    let lines = Setting.all.filter(\.isRecorded).compactMap { setting in
      setting.yaml(in: self).map { "\(setting.name): \($0)" }
    }
    return (comment + lines).joined(separator: "\n") + "\n"
  }

  /// The settings in which another run's configuration would lead to other bits, each as `name: theirs, not ours`.
  package func differences(from other: TrainingConfiguration) -> [String] {
    Setting.all.filter { $0.decidesResult(in: self) }.compactMap { $0.difference(here: self, there: other) }
  }

  /// Where data and networks lie elsewhere: no reason to refuse by itself, but perhaps why their contents differ.
  func differencesOfPlaces(from other: TrainingConfiguration) -> [String] {
    Setting.all.filter(\.namesInputs).compactMap { $0.difference(here: self, there: other) }
  }
}
