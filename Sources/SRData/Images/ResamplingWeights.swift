/// For each output position along one axis, which inputs count and by how much: fixed-point weights of the
/// antialiased bicubic kernel.
struct ResamplingWeights: Sendable {
  /// The inputs of one output: `count` neighbours from `firstInput` on, weighted from `firstWeight` on.
  struct Taps: Sendable {
    let firstInput: Int
    let count: Int
    let firstWeight: Int
  }

  /// 32 bits less 8 of the pixel less 2 of headroom for the kernel's overshoot and the sign.
  static let fractionBits: Int32 = 32 - 8 - 2
  private static let support = 2.0

  let inputCount: Int
  let outputCount: Int
  /// All outputs' weights, one output's after another's.
  let weights: [Int32]
  private let outputs: [Taps]

  var isIdentity: Bool { inputCount == outputCount }

  init(from inputCount: Int, to outputCount: Int) {
    self.inputCount = inputCount
    self.outputCount = outputCount
    let scale = Double(inputCount) / Double(outputCount)
    let stretch = max(scale, 1)
    let reach = Self.support * stretch
    let inverseStretch = 1 / stretch

    var weights = [Int32]()
    var outputs = [Taps]()
    for output in 0..<outputCount {
      let center = (Double(output) + 0.5) * scale
      // Truncation towards zero, as a C cast does it, before the clamping.
      let first = max(Int(center - reach + 0.5), 0)
      let end = min(Int(center + reach + 0.5), inputCount)
      var kernel = (first..<end).map { Self.kernel((Double($0) - center + 0.5) * inverseStretch) }
      let sum = kernel.reduce(0, +)
      if sum != 0 { for i in kernel.indices { kernel[i] /= sum } }
      outputs.append(Taps(firstInput: first, count: kernel.count, firstWeight: weights.count))
      weights += kernel.map(Self.fixedPoint)
    }
    self.weights = weights
    self.outputs = outputs
  }

  func taps(at output: Int) -> Taps { outputs[output] }

  /// Keys' cubic, a = -0.5, in Pillow's order of operations.
  private static func kernel(_ position: Double) -> Double {
    let a = -0.5
    let x = abs(position)
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
    return 0
  }

  private static func fixedPoint(_ weight: Double) -> Int32 {
    Int32(weight * Double(1 << fractionBits) + (weight < 0 ? -0.5 : 0.5))
  }
}
