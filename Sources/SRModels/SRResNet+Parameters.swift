import SRKernels
import SRLayers
import SRTensor

extension SRResNet {
  /// Fills the arena as PyTorch's default `reset_parameters` does: weights and biases of each convolution uniform
  /// in +-1/sqrt(fan_in), PReLU slopes 0.25. Each parameter has its own random stream.
  public func initialize(_ parameters: ParameterArena, seed: UInt64) {
    for (index, entry) in layout.entries.enumerated() {
      guard let fanIn = fanIn(of: entry) else {
        parameters.setTensor(entry, to: [Float](repeating: PReLU.initialSlope, count: entry.count))
        continue
      }
      var generator = PhiloxGenerator(seed: seed, stream: UInt32(index), substream: Self.streamTag)
      let bound = 1 / Float(fanIn).squareRoot()
      parameters.setTensor(
        entry, to: (0..<entry.count).map { _ in (2 * generator.uniform() - 1) * bound })
    }
  }

  /// Keeps the initial weights' streams apart from those of the sample order and of the data.
  private static let streamTag: UInt32 = 0x5752_4E44

  /// Inputs of one output of the convolution that a weight or bias belongs to; nil for PReLU slopes.
  private func fanIn(of entry: ParameterLayout.Entry) -> Int? {
    if entry.shape.count == 4 { return entry.shape[1...].reduce(1, *) }
    guard entry.name.hasSuffix(".bias") else { return nil }
    let weightName = entry.name.dropLast("bias".count) + "weight"
    return layout.entry(named: String(weightName)).map { $0.shape[1...].reduce(1, *) }
  }

  /// Brings the weights of the convolutions dealt to `part` of `parts` threads into the kernels' form; all parts
  /// together make one step's prepared weights.
  public func prepare(
    _ parameters: ParameterArena, into prepared: AlignedBuffer, forBackward: Bool, part: Int = 0,
    of parts: Int = 1
  ) {
    let convolutions = convolutions
    for index in stride(from: part, to: convolutions.count, by: parts) {
      convolutions[index].prepare(
        parameters: parameters.pointer, into: prepared.pointer, forBackward: forBackward)
    }
  }
}
