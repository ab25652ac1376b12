import SRLayers
import SRTensor

// What networks whose first weights make them an interpolation have in common.

/// The feature channels that carry the deviations from grey of the image's channels, its colours, and the negative deviations.
///
/// Let u = colour - 1/2. With n colours, the first n feature channels carry u, and the next n carry -u. So a PReLU P of slope a
/// keeps both signs: P(u) - P(-u) = (1 + a) u. The offset of 1/2 makes the zeros of a convolution's padding grey.
///
/// An output colour begins as the input colour of its number. If there are fewer input colours, they are taken in turn, so that
/// a single one is repeated. Colours for which there are too few features are not carried.
struct ColourChannels {
  struct Channel {
    let index: Int
    /// In an RGB image, 0 is red, 1 is green, 2 is blue.
    let colour: Int
    let sign: Float
  }

  let all: [Channel]
  /// Input colours that are carried.
  private let carried: Int
  private let inputChannels: Int

  init(_ model: ModelDescription) {
    let carried = min(model.inputChannels, model.outputChannels, model.features / 2)
    all = (0..<2 * carried).map {
      Channel(index: $0, colour: $0 % carried, sign: $0 < carried ? 1 : -1)
    }
    self.carried = carried
    inputChannels = model.inputChannels
  }

  /// The input colour as which an output colour begins; nil if it is not carried.
  func source(ofOutput colour: Int) -> Int? {
    let source = colour % inputChannels
    return source < carried ? source : nil
  }

  /// u from P(u) - P(-u).
  static let unfold = 1 / (1 + PReLU.initialSlope)

  /// Makes a network's first convolution write the channels.
  func copyColours(_ weight: inout WeightTensor, _ bias: inout [Float]) {
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
