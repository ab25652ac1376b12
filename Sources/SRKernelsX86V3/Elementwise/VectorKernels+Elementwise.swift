import SRKernels

extension VectorKernels {
  package func accumulate(
    _ source: UnsafePointer<Float>, into destination: UnsafeMutablePointer<Float>, count: Int
  ) {
    for index in 0..<count { destination[index] += source[index] }
  }

  package func add(
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>,
    destination: UnsafeMutablePointer<Float>, count: Int
  ) {
    // In vectors, because the compiler takes one value at a time if the destination is one of the operands.
    let whole = count / 16 * 16
    for index in stride(from: 0, to: whole, by: 16) {
      destination.store(left.vector(at: index) + right.vector(at: index), at: index)
    }
    for index in whole..<count { destination[index] = left[index] + right[index] }
  }

  package func preluForward(
    source: UnsafePointer<Float>, slope: Float, destination: UnsafeMutablePointer<Float>, count: Int
  ) {
    let slopes = Vector(repeating: slope)
    let whole = count / 16 * 16
    for index in stride(from: 0, to: whole, by: 16) {
      destination.store(prelu(source.vector(at: index), slopes), at: index)
    }
    for index in whole..<count {
      destination[index] = source[index] > 0 ? source[index] : slope * source[index]
    }
  }

  package func preluBackward(
    source: UnsafePointer<Float>, slope: Float, gradientDestination: UnsafePointer<Float>,
    gradientSource: UnsafeMutablePointer<Float>, count: Int
  ) -> Float {
    let slopes = Vector(repeating: slope)
    let block = 4096
    var total = 0.0
    for first in stride(from: 0, to: count, by: block) {
      let end = min(first + block, count)
      let whole = first + (end - first) / 16 * 16
      var sum = Vector.zero
      for index in stride(from: first, to: whole, by: 16) {
        let gradient = preluGradient(
          source.vector(at: index), slopes, gradientDestination.vector(at: index), sum: &sum)
        gradientSource.store(gradient, at: index)
      }
      total += Double(sum.sum())
      for index in whole..<end {
        let gradient = gradientDestination[index]
        if source[index] <= 0 { total += Double(gradient * source[index]) }
        gradientSource[index] = source[index] > 0 ? gradient : gradient * slope
      }
    }
    return Float(total)
  }

  package func preluForward(
    source: UnsafePointer<Float>, slopes: UnsafePointer<Float>, destination: UnsafeMutablePointer<Float>,
    pixels: Int, channels: Int
  ) {
    let whole = channels / 16 * 16
    for pixel in 0..<pixels {
      let row = pixel * channels
      for c in stride(from: 0, to: whole, by: 16) {
        destination.store(prelu(source.vector(at: row + c), slopes.vector(at: c)), at: row + c)
      }
      for c in whole..<channels {
        let value = source[row + c]
        destination[row + c] = value > 0 ? value : slopes[c] * value
      }
    }
  }

  package func shufflePixels(
    _ source: UnsafePointer<Float>, factor: Int, addingTo base: UnsafePointer<Float>, _ shape: ImageShape,
    destination: UnsafeMutablePointer<Float>
  ) {
    forEachSubpixelRow(factor: factor, shape) { from, to, pixel in
      for j in 0..<factor { destination[to + j * shape.channels] = source[from + j] + base[pixel] }
    }
  }

  package func unshufflePixels(
    _ gradientDestination: UnsafePointer<Float>, factor: Int, _ shape: ImageShape,
    gradientSource: UnsafeMutablePointer<Float>
  ) {
    forEachSubpixelRow(factor: factor, shape) { from, to, _ in
      for j in 0..<factor { gradientSource[from + j] = gradientDestination[to + j * shape.channels] }
    }
  }

  /// Calls `body` for each row of subpixels of each channel of each pixel, with the places of the first subpixel in the
  /// unshuffled and in the shuffled image, and of the channel in the base.
  @inline(__always)
  private func forEachSubpixelRow(
    factor: Int, _ shape: ImageShape, _ body: (_ source: Int, _ destination: Int, _ base: Int) -> Void
  ) {
    let channels = shape.channels
    for y in 0..<shape.height {
      for x in 0..<shape.width {
        let pixel = (y * shape.width + x) * channels
        for i in 0..<factor {
          let first = ((y * factor + i) * shape.width + x) * factor * channels
          for c in 0..<channels { body(((pixel + c) * factor + i) * factor, first + c, pixel + c) }
        }
      }
    }
  }

  package func scaleChannelsAndAdd(
    image: UnsafePointer<Float>, scales: UnsafePointer<Float>, identity: UnsafePointer<Float>,
    destination: UnsafeMutablePointer<Float>, pixels: Int, channels: Int
  ) {
    for pixel in 0..<pixels {
      let row = pixel * channels
      for c in stride(from: 0, to: channels, by: 16) {
        destination.store(
          identity.vector(at: row + c) + image.vector(at: row + c) * scales.vector(at: c), at: row + c)
      }
    }
  }

  package func scaleAndOffsetChannels(
    image: UnsafePointer<Float>, scales: UnsafePointer<Float>, offsets: UnsafePointer<Float>,
    destination: UnsafeMutablePointer<Float>, pixels: Int, channels: Int
  ) {
    for pixel in 0..<pixels {
      let row = pixel * channels
      for c in 0..<channels { destination[row + c] = image[row + c] * scales[c] + offsets[c] }
    }
  }

  package func allFinite(_ values: UnsafePointer<Float>, count: Int) -> Bool {
    // x - x is 0 if x is finite, else NaN. A NaN survives the sum.
    var sum = Vector.zero
    let whole = count / 16 * 16
    for index in stride(from: 0, to: whole, by: 16) {
      let value = values.vector(at: index)
      sum += value - value
    }
    var rest = sum.sum()
    for index in whole..<count { rest += values[index] - values[index] }
    return rest == 0
  }
}
