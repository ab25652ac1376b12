extension Reference {
  /// Sum of the squared differences of `superRes`, made smaller, from `lowRes`. See
  /// ``ImageLossKernels/reducedDifference(superRes:lowRes:shape:gradientScale:gradient:scratch:)``.
  ///
  /// The weights are computed from their definition, apart from ``BicubicReduction``.
  package static func reducedDifference(_ pair: ReferencePair) -> ReferenceLoss<Double> {
    let (shape, scale) = (pair.shape, pair.scale)
    let (height, width, channels) = (shape.height / scale, shape.width / scale, shape.channels)
    var loss = ReferenceLoss<Double>(count: shape.count)
    for y in 0..<height {
      let rows = reductionWeights(of: y, scale: scale, count: shape.height)
      for x in 0..<width {
        let columns = reductionWeights(of: x, scale: scale, count: shape.width)
        for channel in 0..<channels {
          var reduced = 0.0
          for (row, rowWeight) in rows {
            for (column, weight) in columns {
              reduced += rowWeight * weight * pair.superRes[(row * shape.width + column) * channels + channel]
            }
          }
          let difference = reduced - pair.lowRes[(y * width + x) * channels + channel]
          loss.sum += difference * difference
          for (row, rowWeight) in rows {
            for (column, weight) in columns {
              loss.gradient[(row * shape.width + column) * channels + channel] +=
                2 * difference * rowWeight * weight
            }
          }
        }
      }
    }
    return loss
  }

  /// The inputs within the stretched kernel's reach of an output's centre, and their shares.
  private static func reductionWeights(
    of output: Int, scale: Int, count: Int
  ) -> [(input: Int, weight: Double)] {
    let stretched = (0..<count).map { input in
      let x = abs(Double(2 * input + 1) / Double(2 * scale) - Double(2 * output + 1) / 2)
      // Keys' kernel: 1.5 x^3 - 2.5 x^2 + 1 up to 1, then -0.5 x^3 + 2.5 x^2 - 4 x + 2 up to 2.
      return x < 1
        ? 1.5 * x * x * x - 2.5 * x * x + 1 : x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0
    }
    let sum = stretched.reduce(0, +)
    return stretched.enumerated().filter { $1 != 0 }.map { ($0, $1 / sum) }
  }
}
