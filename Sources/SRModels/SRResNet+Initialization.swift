import SRLayers
import SRTensor

extension SRResNet {
  /// What a network is before its first step.
  package enum Initialization: String, CaseIterable, Sendable {
    /// PyTorch's default `reset_parameters`, as the paper's code has it: weights and biases of each convolution
    /// uniform in +-1/sqrt(fan_in), PReLU slopes 0.25.
    case pytorch
    /// The same, but for the few weights that make the whole network an interpolation at first: training begins near
    /// the bicubic baseline instead of at noise.
    case interpolation
  }

  /// Fills this network's part of the arena. Each parameter has its own random stream.
  package func initialize(_ parameters: ParameterArena, as initialization: Initialization, seed: UInt64) {
    for (index, entry) in entries.enumerated() {
      guard let fanIn = fanIn(of: entry) else {
        parameters.setTensor(entry, to: [Float](repeating: PReLU.initialSlope, count: entry.count))
        continue
      }
      var generator = PhiloxGenerator(seed: seed, stream: UInt32(index), substream: Self.streamTag)
      let bound = 1 / Float(fanIn).squareRoot()
      parameters.setTensor(
        entry, to: (0..<entry.count).map { _ in (2 * generator.uniform() - 1) * bound })
    }
    if initialization == .interpolation { initializeAsInterpolation(parameters) }
  }

  /// Keeps the initial weights' streams apart from those of the sample order and of the data.
  private static let streamTag: UInt32 = 0x5752_4E44

  /// Inputs of one output of the convolution that a weight or bias belongs to; nil for PReLU slopes.
  private func fanIn(of entry: ParameterLayout.Entry) -> Int? {
    if entry.shape.count == 4 { return entry.shape[1...].reduce(1, *) }
    guard entry.name.hasSuffix(".bias") else { return nil }
    let weightName = entry.name.dropLast("bias".count) + "weight"
    return entries.first { $0.name == weightName }.map { $0.shape[1...].reduce(1, *) }
  }
}
