import SRFiles

extension Inspection {
  /// The inspection, for a person to read.
  package var text: String {
    var sections: [[String]] = []
    if let model { sections.append(["model \(model.name): \(model)"]) }
    if let state { sections.append(Self.lines(of: state)) }
    if !notes.isEmpty { sections.append(notes) }
    if !metadata.isEmpty {
      sections.append(["metadata"] + metadata.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" })
    }
    if !tensors.isEmpty { sections.append(tensorLines) }
    if !files.isEmpty {
      sections.append(
        ["files"]
          + files.map { file in
            "  \(file.name)  \(file.found.map { "\($0.bytes) bytes  sha256 \($0.sha256)" } ?? "-")  "
              + (file.problem ?? "verified")
          })
    }
    if !checkpoints.isEmpty {
      sections.append(
        ["checkpoints"]
          + checkpoints.map { checkpoint in
            let place =
              checkpoint.step.map { "step \($0), \(checkpoint.completedEpochs ?? 0) epochs completed  " }
              ?? ""
            return "  \(checkpoint.path)  \(place)\(checkpoint.problem ?? "verified")"
          })
    }
    if !problems.isEmpty { sections.append(["DAMAGED"] + problems.map { "  \($0)" }) }
    return "\(path.onOneLine): \(title)\n\n"
      + sections.map { $0.map { $0.onOneLine + "\n" }.joined() }.joined(separator: "\n")
  }

  private var title: String {
    switch kind {
    case .weightFile: "weight file"
    case .checkpoint: "checkpoint"
    case .run: "run"
    }
  }

  private var tensorLines: [String] {
    let total = tensors.reduce(0) { $0 + $1.count }
    let table = TextTable(
      [.left, .left, .left, .right],
      rows: tensors.map { [$0.name, $0.dtype, "\($0.shape)", "\($0.count)"] })
    return ["\(tensors.count) tensors, \(total) elements"] + table.lines.map { "  \($0)" }
  }

  private static func lines(of state: CheckpointState) -> [String] {
    var lines = [
      "step \(state.step), \(state.completedEpochs) epochs completed, \(state.stepInEpoch) steps of the next one done",
      "seed \(state.seed), learning rate \(state.learningRate.rate)",
    ]
    if let factors = state.trunkFactors {
      lines.append("trunk balance \(CheckpointState.text(ofFactors: factors))")
    }
    if let best = state.best { lines.append("best \(best.metric) \(best.value) in epoch \(best.epoch)") }
    lines += [
      "weights sha256 \(state.weightsSHA256)", "data sha256 \(state.dataSHA256)",
      "written by srdist \(state.srdistVersion)"
        + (state.arithmeticVersion.map { ", arithmetic version \($0)" } ?? "")
        + ", format \(state.formatVersion)",
      "configuration",
    ]
    return lines + state.configuration.split(separator: "\n").map { "  \($0)" }
  }
}
