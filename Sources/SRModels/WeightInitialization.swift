import SRLayers
import SRTensor

/// A network's weights before its first step.
package enum WeightInitialization: String, CaseIterable, Sendable {
  /// PyTorch's default `reset_parameters`, as in the paper's code. Weights and biases of each convolution are uniform in
  /// +-1/sqrt(fan_in). PReLU slopes are 0.25.
  case pytorch
  /// The same, except for the few weights that make the whole network an interpolation at first. Training begins near the
  /// bicubic baseline instead of at noise.
  case interpolation
}

extension SuperResolutionNetwork {
  /// Fills this network's part of the arena. Each parameter has its own random stream.
  package func initialize(_ parameters: ParameterArena, as initialization: WeightInitialization, seed: UInt64)
  {
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

  /// Keeps the initial weights' random streams apart from the streams of the sample order and the data.
  private static var streamTag: UInt32 { 0x5752_4E44 }

  /// The number of inputs of one output, for the convolution that a weight or bias belongs to; nil for PReLU slopes.
  private func fanIn(of entry: ParameterLayout.Entry) -> Int? {
    if entry.shape.count == 4 { return entry.shape[1...].reduce(1, *) }
    guard entry.name.hasSuffix(".bias") else { return nil }
    let weightName = entry.name.dropLast("bias".count) + "weight"
    return entries.first { $0.name == weightName }.map { $0.shape[1...].reduce(1, *) }
  }
}
