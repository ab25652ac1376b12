import SRLayers
import SRTensor

extension SRResNet {
  /// Overwrites the weights on the colours' path through the network (``ColourChannels``).
  ///
  /// The head copies the colours into their channels. The residual branches end in zeros, so every block is the identity at
  /// first. Each upsampling interpolates with the parabola through the three pixels in a row of a 3 x 3 kernel. The output adds
  /// 1/2 again. All other weights keep their values. Their channels do not reach the output until it has learned to use them.
  ///
  /// Zero-initialised branches: Goyal et al., "Accurate, large minibatch SGD" (2017).
  package func initializeAsInterpolation(_ parameters: ParameterArena) {
    let channels = ColourChannels(model)
    head.edit(in: parameters, channels.copyColours)
    for block in blocks {
      block.convolution2.edit(in: parameters) { weight, bias in
        for output in 0..<weight.outputs {
          weight.clear(output: output)
          bias[output] = 0
        }
      }
    }
    bodyTail.edit(in: parameters) { weight, bias in
      for channel in channels.all {
        weight.clear(output: channel.index)
        bias[channel.index] = 0
      }
    }
    for upsampling in upsamplings {
      upsampling.convolution.edit(in: parameters) {
        Self.interpolate(channels, &$0, &$1, factor: upsampling.factor)
      }
    }
    output.edit(in: parameters) { weight, bias in
      for colour in 0..<weight.outputs {
        guard let source = channels.source(ofOutput: colour) else { continue }
        weight.clear(output: colour)
        bias[colour] = 0.5
        for from in channels.all where from.colour == source {
          weight[colour, from.index, weight.centre, weight.centre] = from.sign * ColourChannels.unfold
        }
      }
    }
  }

  /// Interpolates to `factor` times the height and width. The channels are in the pixel shuffle's order.
  private static func interpolate(
    _ channels: ColourChannels, _ weight: inout WeightTensor, _ bias: inout [Float], factor: Int
  ) {
    let taps = parabolaTaps(factor: factor)
    for to in channels.all {
      for (row, rowTaps) in taps.enumerated() {
        for (column, columnTaps) in taps.enumerated() {
          let output = (to.index * factor + row) * factor + column
          weight.clear(output: output)
          bias[output] = 0
          for from in channels.all where from.colour == to.colour {
            for (y, vertical) in rowTaps.enumerated() {
              for (x, horizontal) in columnTaps.enumerated() {
                weight[output, from.index, y, x] =
                  to.sign * from.sign * ColourChannels.unfold * vertical * horizontal
              }
            }
          }
        }
      }
    }
  }
}
