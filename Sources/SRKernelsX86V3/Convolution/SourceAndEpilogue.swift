/// An image that a convolution reads through a PReLU.
struct PReLUSource {
  let pixels: UnsafePointer<Float>
  let slope: Float

  /// Turns the gradient by the PReLU's output, in place, into that by these pixels, in a rectangle of the image and some of
  /// its channels, whole vectors. Returns what they add to the gradient by the slope.
  @inline(never)
  func differentiate(
    _ gradient: UnsafeMutablePointer<Float>, _ layout: PixelLayout, rows: Range<Int>, columns: Range<Int>,
    channels: Range<Int>
  ) -> Double {
    let slopes = Vector(repeating: slope)
    var sum = Vector.zero
    for row in rows {
      for column in columns {
        let pixel = row * layout.rowStride + column * layout.pixelStride
        for channel in stride(from: channels.lowerBound, to: channels.upperBound, by: Vector.scalarCount) {
          let index = pixel + channel
          let differentiated = preluGradient(
            pixels.vector(at: index), slopes, gradient.vector(at: index), sum: &sum)
          gradient.store(differentiated, at: index)
        }
      }
    }
    return Double(sum.sum())
  }
}
