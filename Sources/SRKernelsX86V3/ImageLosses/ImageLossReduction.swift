import SRKernels

extension VectorKernels {
  package func reducedDifferenceScratchCount(_ shape: ImageShape) -> Int {
    // The weights of all outputs along each axis, then two rows of pixels.
    roundedToVectors(4 * shape.width) + roundedToVectors(4 * shape.height)
      + 2 * roundedToVectors(shape.rowCount)
  }

  package func reducedDifference(
    superRes: UnsafePointer<Float>, lowRes: ImagePair.LowRes, shape: ImageShape, gradientScale: Float,
    gradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>
  ) -> Double {
    let reduction = ImageReduction(shape, scale: lowRes.scale, memory: scratch)
    var total = 0.0
    for row in 0..<reduction.height {
      let target = lowRes.image + row * reduction.rowCount
      reduction.reduce(superRes, row: row)
      total += reduction.subtract(target)
      guard let gradient else { continue }
      reduction.spread(row: row, scale: 2 * gradientScale, addingTo: gradient)
    }
    return total
  }

  package func halve(
    _ source: UnsafePointer<Float>, _ shape: ImageShape, destination: UnsafeMutablePointer<Float>
  ) {
    let (height, width, channels) = (shape.height / 2, shape.width / 2, shape.channels)
    for y in 0..<height {
      let above = source + 2 * y * shape.rowCount
      let below = above + shape.rowCount
      let row = destination + y * width * channels
      for x in 0..<width {
        for channel in 0..<channels {
          let (left, right) = (2 * x * channels + channel, (2 * x + 1) * channels + channel)
          row[x * channels + channel] = ((above[left] + above[right]) + (below[left] + below[right])) * 0.25
        }
      }
    }
  }

  package func halveBackward(
    _ gradientDestination: UnsafePointer<Float>, _ shape: ImageShape,
    addingTo gradientSource: UnsafeMutablePointer<Float>
  ) {
    let (height, width, channels) = (shape.height / 2, shape.width / 2, shape.channels)
    for y in 0..<height {
      let above = gradientSource + 2 * y * shape.rowCount
      let below = above + shape.rowCount
      let row = gradientDestination + y * width * channels
      for x in 0..<width {
        for channel in 0..<channels {
          let (left, right) = (2 * x * channels + channel, (2 * x + 1) * channels + channel)
          let share = row[x * channels + channel] * 0.25
          above[left] += share
          above[right] += share
          below[left] += share
          below[right] += share
        }
      }
    }
  }
}

/// The memory of one reduction by ``BicubicReduction``, which makes the reduced image row by row.
private struct ImageReduction {
  /// Rows of the reduced image.
  let height: Int
  /// Floats of one row of the reduced image.
  let rowCount: Int
  private let shape: ImageShape
  private let scale: Int
  private let taps: Int
  private let width: Int
  private let columnWeights: UnsafeMutablePointer<Float>
  private let rowWeights: UnsafeMutablePointer<Float>
  /// One row of the image's width, and the reduced row.
  private let wide: UnsafeMutablePointer<Float>
  private let reduced: UnsafeMutablePointer<Float>

  init(_ shape: ImageShape, scale: Int, memory: UnsafeMutablePointer<Float>) {
    self.shape = shape
    self.scale = scale
    taps = BicubicReduction.taps(scale: scale)
    height = shape.height / scale
    width = shape.width / scale
    rowCount = width * shape.channels
    columnWeights = memory
    rowWeights = columnWeights + roundedToVectors(4 * shape.width)
    wide = rowWeights + roundedToVectors(4 * shape.height)
    reduced = wide + roundedToVectors(shape.rowCount)
    for output in 0..<width {
      BicubicReduction.fillWeights(
        of: output, scale: scale, count: shape.width, into: columnWeights + output * taps)
    }
    for output in 0..<height {
      BicubicReduction.fillWeights(
        of: output, scale: scale, count: shape.height, into: rowWeights + output * taps)
    }
  }

  /// Makes one row of the reduced image.
  func reduce(_ image: UnsafePointer<Float>, row: Int) {
    let inputs = BicubicReduction.inputs(of: row, scale: scale, count: shape.height)
    let weights = rowWeights + row * taps
    for index in stride(from: 0, to: shape.rowCount, by: Vector.scalarCount) {
      var sum = Vector.zero
      for input in inputs {
        let start = input * shape.rowCount
        sum.addProduct(
          Vector(repeating: weights[input - inputs.lowerBound]),
          image.vector(at: start + index, end: start + shape.rowCount))
      }
      wide.store(sum, at: index)
    }
    for x in 0..<width {
      let inputs = BicubicReduction.inputs(of: x, scale: scale, count: shape.width)
      let weights = columnWeights + x * taps
      for channel in 0..<shape.channels {
        var sum: Float = 0
        for input in inputs {
          sum += weights[input - inputs.lowerBound] * wide[input * shape.channels + channel]
        }
        reduced[x * shape.channels + channel] = sum
      }
    }
  }

  /// Subtracts a row of the target from the reduced row. Returns the sum of the differences' squares.
  func subtract(_ target: UnsafePointer<Float>) -> Double {
    var total = 0.0
    for index in 0..<rowCount {
      let difference = reduced[index] - target[index]
      reduced[index] = difference
      total += Double(difference) * Double(difference)
    }
    return total
  }

  /// The adjoint of ``reduce(_:row:)`` on the reduced row, times `scale`.
  func spread(row: Int, scale factor: Float, addingTo gradient: UnsafeMutablePointer<Float>) {
    wide.update(repeating: 0, count: roundedToVectors(shape.rowCount))
    for x in 0..<width {
      let inputs = BicubicReduction.inputs(of: x, scale: scale, count: shape.width)
      let weights = columnWeights + x * taps
      for channel in 0..<shape.channels {
        let slope = reduced[x * shape.channels + channel] * factor
        for input in inputs {
          wide[input * shape.channels + channel] += weights[input - inputs.lowerBound] * slope
        }
      }
    }
    let inputs = BicubicReduction.inputs(of: row, scale: scale, count: shape.height)
    let weights = rowWeights + row * taps
    for input in inputs {
      let weight = Vector(repeating: weights[input - inputs.lowerBound])
      let start = input * shape.rowCount
      for index in stride(from: 0, to: shape.rowCount, by: Vector.scalarCount) {
        gradient.add(wide.vector(at: index) * weight, at: start + index, end: start + shape.rowCount)
      }
    }
  }
}
