import SRCheckpoint
import SRTensor

/// Small arenas with every kind of storage, filled with numbers that are all different.
enum SampleArenas {
  static var layout: ParameterLayout {
    var layout = ParameterLayout()
    _ = layout.append("conv1.0.weight", shape: [4, 3, 3, 3], storage: .convolutionHWIO)
    _ = layout.append("conv1.0.bias", shape: [4])
    _ = layout.append("conv1.1.weight", shape: [1])
    return layout
  }

  static func arena(seed: UInt64, layout: ParameterLayout = layout) -> ParameterArena {
    let arena = ParameterArena(layout: layout)
    for (position, entry) in layout.entries.enumerated() {
      var generator = PhiloxGenerator(seed: seed, stream: UInt32(position))
      arena.setTensor(entry, to: (0..<entry.count).map { _ in generator.uniform() - 0.5 })
    }
    return arena
  }

  static func tensors(_ arena: ParameterArena) -> [[Float]] { arena.layout.entries.map(arena.tensor) }

  /// From step 2 on, two epochs are completed.
  static func contents(step: Int, seed: UInt64 = 1, averaged: Bool = false) -> CheckpointContents {
    let completed = step < 2 ? 0 : 2
    return CheckpointContents(
      weights: arena(seed: seed), firstMoment: arena(seed: seed + 100), secondMoment: arena(seed: seed + 200),
      averagedWeights: averaged ? arena(seed: seed + 300) : nil,
      state: CheckpointState(
        epoch: completed + 1, step: step, stepInEpoch: step % 2, completedEpochs: completed, seed: .max,
        learningRate: .init(rate: 0.1 + 0.2),
        best: completed == 0 ? nil : .init(metric: "valid_psnr", epoch: 2, value: 27.123456789012345),
        configuration: "model: attention\nloss:\n  charbonnier: 1\n",
        dataSHA256: "ab", srdistVersion: "0.1.0",
        epochSums: ["train_loss": [1e-300, 0.1, -0.0], "train_psnr": [.infinity]]))
  }
}
