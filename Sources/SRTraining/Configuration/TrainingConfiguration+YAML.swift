extension TrainingConfiguration {
  /// The run as a YAML file that `--config` reads back; settings that name one invocation are left out.
  package func yaml(header: String) -> String {
    var lines = header.split(separator: "\n").map { "# \($0)" }
    for setting in Setting.allCases where !setting.namesInvocation {
      guard let text = text(of: setting) else { continue }
      lines.append("\(setting.rawValue): \(Self.quoted(text))")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The settings in which another run's configuration would lead to other bits, each as `name: theirs, not ours`.
  package func differences(from other: TrainingConfiguration) -> [String] {
    var settings = Setting.allCases.filter(\.decidesResult)
    // A cosine depends on where it ends.
    if lrSchedule == .cosine { settings.append(.epochs) }
    return differences(from: other, in: settings)
  }

  /// Where data and networks lie elsewhere: no reason to refuse by itself, but perhaps why their contents differ.
  func differencesOfPlaces(from other: TrainingConfiguration) -> [String] {
    differences(from: other, in: [.data, .syntheticTrain, .syntheticValid, .weightsDir])
  }

  private func differences(from other: TrainingConfiguration, in settings: [Setting]) -> [String] {
    settings.compactMap { setting in
      let (ours, theirs) = (text(of: setting) ?? "unset", other.text(of: setting) ?? "unset")
      return ours == theirs ? nil : "\(setting.rawValue): \(theirs) there, \(ours) here"
    }
  }

  /// Quoted where YAML would read more than a plain word into it.
  private static func quoted(_ text: String) -> String {
    let plain = text.allSatisfy { $0.isLetter || $0.isNumber || "._-/+".contains($0) }
    if plain && !text.isEmpty { return text }
    return "'" + text.replacing("'", with: "''") + "'"
  }
}
