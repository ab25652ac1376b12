import SRLayers
import SRTensor

extension CompactNetwork {
  /// Overwrites the weights on the colours' path through the network (``ColourChannels``).
  ///
  /// The first convolution copies the colours into their channels, and each further one copies these channels. The last convolution
  /// makes the difference of two interpolations: the parabola through the three pixels in a row of its kernel, and nearest, which the
  /// network adds by itself. All other weights keep their values. Their channels do not reach the output until it has learned to
  /// use them.
  ///
  /// No connection skips the convolutions, and PyTorch's default weights shrink the image in each of them. A network that starts
  /// from those stays at the enlargement by nearest for many epochs.
  package func initializeAsInterpolation(_ parameters: ParameterArena) {
    let channels = ColourChannels(model)
    convolutions[0].edit(in: parameters, channels.copyColours)
    for convolution in convolutions.dropFirst() {
      convolution.edit(in: parameters) { weight, bias in
        for to in channels.all {
          weight.clear(output: to.index)
          bias[to.index] = 0
          for from in channels.all where from.colour == to.colour {
            weight[to.index, from.index, weight.centre, weight.centre] =
              to.sign * from.sign * ColourChannels.unfold
          }
        }
      }
    }
    let taps = parabolaTaps(factor: model.scale)
    let nearest: [Float] = [0, 1, 0]
    output.edit(in: parameters) { weight, bias in
      for output in 0..<weight.outputs {
        weight.clear(output: output)
        bias[output] = 0
      }
      for from in channels.all {
        for (row, rowTaps) in taps.enumerated() {
          for (column, columnTaps) in taps.enumerated() {
            // The order of the pixel shuffle.
            let output = (from.colour * model.scale + row) * model.scale + column
            for y in 0..<3 {
              for x in 0..<3 {
                weight[output, from.index, y, x] =
                  from.sign * ColourChannels.unfold * (rowTaps[y] * columnTaps[x] - nearest[y] * nearest[x])
              }
            }
          }
        }
      }
    }
  }
}
