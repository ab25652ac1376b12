import SRKernels

extension VectorKernels {
  package func reluBackward(
    output: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, count: Int
  ) {
    for index in 0..<count { gradient[index] = output[index] > 0 ? gradient[index] : 0 }
  }

  package func concatenateChannels(
    _ left: UnsafePointer<Float>, channels leftChannels: Int, _ right: UnsafePointer<Float>,
    channels rightChannels: Int, destination: UnsafeMutablePointer<Float>, pixels: Int
  ) {
    for pixel in 0..<pixels {
      let joined = destination + pixel * (leftChannels + rightChannels)
      joined.update(from: left + pixel * leftChannels, count: leftChannels)
      (joined + leftChannels).update(from: right + pixel * rightChannels, count: rightChannels)
    }
  }

  package func splitChannels(
    _ source: UnsafePointer<Float>, left: UnsafeMutablePointer<Float>, channels leftChannels: Int,
    right: UnsafeMutablePointer<Float>, channels rightChannels: Int, pixels: Int
  ) {
    for pixel in 0..<pixels {
      let joined = source + pixel * (leftChannels + rightChannels)
      (left + pixel * leftChannels).update(from: joined, count: leftChannels)
      (right + pixel * rightChannels).update(from: joined + leftChannels, count: rightChannels)
    }
  }

  package func normalizeRGB(
    _ image: UnsafePointer<Float>, scales: UnsafePointer<Float>, offsets: UnsafePointer<Float>,
    destination: UnsafeMutablePointer<Float>, pixels: Int
  ) {
    for pixel in 0..<pixels {
      for c in 0..<ImageShape.rgbChannels {
        let element = pixel * ImageShape.rgbChannels + c
        destination[element] = image[element] * scales[c] + offsets[c]
      }
    }
  }

  package func normalizeRGBBackward(
    _ gradient: UnsafePointer<Float>, scales: UnsafePointer<Float>,
    addingTo gradientImage: UnsafeMutablePointer<Float>, pixels: Int
  ) {
    for pixel in 0..<pixels {
      for c in 0..<ImageShape.rgbChannels {
        let element = pixel * ImageShape.rgbChannels + c
        gradientImage[element] += gradient[element] * scales[c]
      }
    }
  }

  package func normalizeToUnitLength(
    _ features: UnsafeMutablePointer<Float>, pixels: Int, channels: Int
  ) {
    for pixel in 0..<pixels {
      let f = features + pixel * channels
      let scale = scaleToUnitLength(length(f, channels))
      for c in stride(from: 0, to: channels, by: Vector.scalarCount) {
        f.store(f.vector(at: c) * scale, at: c)
      }
    }
  }

  package func unitNormalizedDifference(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, highResIsUnit: Bool,
    weights: UnsafePointer<Float>, pixels: Int, channels: Int, gradientScale: Float,
    gradient: UnsafeMutablePointer<Float>?
  ) -> Double {
    var total = 0.0
    for pixel in 0..<pixels {
      let a = superRes + pixel * channels
      let b = highRes + pixel * channels
      let lengthA = length(a, channels)
      let scaleA = scaleToUnitLength(lengthA)
      // A product with 1 has the factor's bits.
      let scaleB = highResIsUnit ? 1 : scaleToUnitLength(length(b, channels))
      var sum = Vector.zero
      var alongA = Vector.zero
      for c in stride(from: 0, to: channels, by: Vector.scalarCount) {
        let difference = a.vector(at: c) * scaleA - b.vector(at: c) * scaleB
        let weighted = weights.vector(at: c) * difference
        sum.addProduct(weighted, difference)
        alongA.addProduct(weighted, a.vector(at: c))
      }
      total += Double(sum.sum())
      guard let gradient, lengthA > 0 else { continue }
      let byUnit = Vector(repeating: 2 * gradientScale * scaleA)
      let byLength = Vector(
        repeating: -2 * gradientScale * alongA.sum() * scaleA * scaleA / lengthA)
      let destination = gradient + pixel * channels
      for c in stride(from: 0, to: channels, by: Vector.scalarCount) {
        let difference = a.vector(at: c) * scaleA - b.vector(at: c) * scaleB
        destination.store(
          destination.vector(at: c)
            .addingProduct(byUnit, weights.vector(at: c) * difference)
            .addingProduct(byLength, a.vector(at: c)),
          at: c)
      }
    }
    return total
  }

  @inline(__always) private func scaleToUnitLength(_ length: Float) -> Float { 1 / (length + 1e-10) }

  /// Euclidean length of one pixel's features.
  @inline(__always) private func length(_ features: UnsafePointer<Float>, _ channels: Int) -> Float {
    var sum = Vector.zero
    for c in stride(from: 0, to: channels, by: Vector.scalarCount) {
      let value = features.vector(at: c)
      sum.addProduct(value, value)
    }
    return sum.sum().squareRoot()
  }
}
