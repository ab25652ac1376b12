import SRLayers
import SRTensor

extension SRResNet {
  /// Overwrites the weights on the colours' path through the network.
  ///
  /// Let u = colour - 1/2. The first three feature channels carry u, and the next three carry -u. So a PReLU P of slope a keeps
  /// both signs: P(u) - P(-u) = (1 + a) u. The offset of 1/2 makes the zeros of a convolution's padding grey.
  ///
  /// The head copies the colours into these channels. The residual branches end in zeros, so every block is the identity at
  /// first. Each upsampling interpolates with the parabola through the three pixels in a row of a 3 x 3 kernel. The output adds
  /// 1/2 again. All other weights keep their values. Their channels do not reach the output until it has learned to use them.
  ///
  /// Zero-initialised branches: Goyal et al., "Accurate, large minibatch SGD" (2017).
  func initializeAsInterpolation(_ parameters: ParameterArena) {
    edit(head, in: parameters) { weight, bias in
      for channel in ColourChannel.all {
        weight.clear(output: channel.index)
        weight[channel.index, channel.colour, weight.centre, weight.centre] = channel.sign
        bias[channel.index] = -0.5 * channel.sign
      }
    }
    for block in blocks {
      edit(block.convolution2, in: parameters) { weight, bias in
        for output in 0..<weight.outputs {
          weight.clear(output: output)
          bias[output] = 0
        }
      }
    }
    edit(bodyTail, in: parameters) { weight, bias in
      for channel in ColourChannel.all {
        weight.clear(output: channel.index)
        bias[channel.index] = 0
      }
    }
    for upsampling in upsamplings {
      edit(upsampling.convolution, in: parameters, Self.interpolate)
    }
    edit(output, in: parameters) { weight, bias in
      for colour in 0..<weight.outputs {
        weight.clear(output: colour)
        bias[colour] = 0.5
      }
      for from in ColourChannel.all {
        weight[from.colour, from.index, weight.centre, weight.centre] = from.sign * Self.unfold
      }
    }
  }

  /// Interpolates to twice the height and width. The channels are in the pixel shuffle's order.
  private static func interpolate(_ weight: inout WeightTensor, _ bias: inout [Float]) {
    for to in ColourChannel.all {
      for (row, rowTaps) in parabolaTaps.enumerated() {
        for (column, columnTaps) in parabolaTaps.enumerated() {
          let output = 4 * to.index + 2 * row + column
          weight.clear(output: output)
          bias[output] = 0
          for from in ColourChannel.all where from.colour == to.colour {
            for (y, vertical) in rowTaps.enumerated() {
              for (x, horizontal) in columnTaps.enumerated() {
                weight[output, from.index, y, x] = to.sign * from.sign * unfold * vertical * horizontal
              }
            }
          }
        }
      }
    }
  }

  /// u from P(u) - P(-u).
  private static let unfold = 1 / (1 + PReLU.initialSlope)

  /// The weights of the previous, the same and the next old pixel in a new one: t (t - 1) / 2, 1 - t^2 and t (t + 1) / 2. Each
  /// old pixel has two new ones, t = -1/4 and t = 1/4 of a pixel from its centre.
  private static let parabolaTaps: [[Float]] = [-0.25, 0.25].map { t in
    [t * (t - 1) / 2, 1 - t * t, t * (t + 1) / 2]
  }

  /// Changes a convolution's weight and bias in the order of PyTorch's tensors.
  private func edit(
    _ convolution: Convolution2D, in parameters: ParameterArena,
    _ change: (inout WeightTensor, inout [Float]) -> Void
  ) {
    var weight = WeightTensor(
      shape: convolution.weight.shape, elements: parameters.tensor(convolution.weight))
    var bias = parameters.tensor(convolution.bias)
    change(&weight, &bias)
    parameters.setTensor(convolution.weight, to: weight.elements)
    parameters.setTensor(convolution.bias, to: bias)
  }
}

/// A feature channel that carries a colour's deviation from grey, or the negative deviation.
private struct ColourChannel {
  let index: Int
  /// 0 is red, 1 is green, 2 is blue.
  let colour: Int
  let sign: Float

  static let all: [ColourChannel] = (0..<6).map {
    ColourChannel(index: $0, colour: $0 % 3, sign: $0 < 3 ? 1 : -1)
  }
}

/// A convolution's weight, OIHW.
private struct WeightTensor {
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
