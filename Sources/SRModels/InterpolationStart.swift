import SRLayers
import SRTensor

// What networks whose first weights make them an interpolation have in common.

/// A feature channel that carries a colour's deviation from grey, or the negative deviation.
///
/// Let u = colour - 1/2. The first three feature channels carry u, and the next three carry -u. So a PReLU P of slope a keeps
/// both signs: P(u) - P(-u) = (1 + a) u. The offset of 1/2 makes the zeros of a convolution's padding grey.
struct ColourChannel {
  let index: Int
  /// 0 is red, 1 is green, 2 is blue.
  let colour: Int
  let sign: Float

  static let all: [ColourChannel] = (0..<6).map {
    ColourChannel(index: $0, colour: $0 % 3, sign: $0 < 3 ? 1 : -1)
  }

  /// u from P(u) - P(-u).
  static let unfold = 1 / (1 + PReLU.initialSlope)

  /// Makes a network's first convolution write the channels.
  static func copyColours(_ weight: inout WeightTensor, _ bias: inout [Float]) {
    for channel in all {
      weight.clear(output: channel.index)
      weight[channel.index, channel.colour, weight.centre, weight.centre] = channel.sign
      bias[channel.index] = -0.5 * channel.sign
    }
  }
}

/// Interpolation to `factor` times the pixels in a row, by the parabola through the previous, the same and the next old pixel.
///
/// For each new pixel of an old one: the weights t (t - 1) / 2, 1 - t^2 and t (t + 1) / 2 of the three old pixels. The new pixel's
/// centre is t old pixels from the old one's.
func parabolaTaps(factor: Int) -> [[Float]] {
  (0..<factor).map { index in
    let t = (Float(index) + 0.5) / Float(factor) - 0.5
    return [t * (t - 1) / 2, 1 - t * t, t * (t + 1) / 2]
  }
}

extension Convolution2D {
  /// Changes a convolution's weight and bias in the order of PyTorch's tensors.
  func edit(
    in parameters: ParameterArena, _ change: (inout WeightTensor, inout [Float]) -> Void
  ) {
    var newWeight = WeightTensor(shape: weight.shape, elements: parameters.tensor(weight))
    var newBias = parameters.tensor(bias)
    change(&newWeight, &newBias)
    parameters.setTensor(weight, to: newWeight.elements)
    parameters.setTensor(bias, to: newBias)
  }
}

/// A convolution's weight, OIHW.
struct WeightTensor {
  let shape: [Int]
  var elements: [Float]

  var outputs: Int { shape[0] }
  /// Row and column of the kernel's middle.
  var centre: Int { shape[2] / 2 }

  subscript(output: Int, input: Int, row: Int, column: Int) -> Float {
    get { elements[offset(output, input, row, column)] }
    set { elements[offset(output, input, row, column)] = newValue }
  }

  mutating func clear(output: Int) {
    let count = elements.count / outputs
    for index in output * count..<(output + 1) * count { elements[index] = 0 }
  }

  private func offset(_ output: Int, _ input: Int, _ row: Int, _ column: Int) -> Int {
    ((output * shape[1] + input) * shape[2] + row) * shape[3] + column
  }
}
