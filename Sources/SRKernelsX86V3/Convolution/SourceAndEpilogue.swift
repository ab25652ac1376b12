import SRKernels

extension ConvolutionSource {
  /// One of the images.
  @inline(__always) func image(_ index: Int, of shape: Convolution2DShape) -> ConvolutionSource {
    ConvolutionSource(pixels + index * shape.sourceCount, slope: slope)
  }
}

extension ConvolutionEpilogue {
  /// The activation is max(floor, x).
  @inline(__always) var floor: Float { activation == .relu ? 0 : -.infinity }
}

/// The derivative of the PReLU through which a convolution read its source, for the backward pass.
struct PReLUDerivative {
  private let pixels: UnsafePointer<Float>
  private let slope: Float

  /// Nil if the source is read as it is.
  init?(_ source: ConvolutionSource) {
    guard let slope = source.slope else { return nil }
    pixels = source.pixels
    self.slope = slope
  }

  /// Multiplies the gradient with respect to the PReLU's output by the derivative, in place. Covers a rectangle of one image
  /// and some of its channels, in whole vectors.
  ///
  /// - Parameter image: floats before the image, in the source and in `gradient`.
  /// - Returns: what the rectangle adds to the gradient with respect to the slope.
  @inline(never)
  func multiply(
    _ gradient: UnsafeMutablePointer<Float>, image: Int = 0, _ layout: PixelLayout, rows: Range<Int>,
    columns: Range<Int>, channels: Range<Int>
  ) -> Double {
    let slopes = Vector(repeating: slope)
    var sum = Vector.zero
    for row in rows {
      for column in columns {
        let pixel = image + row * layout.rowStride + column * layout.pixelStride
        for channel in stride(from: channels.lowerBound, to: channels.upperBound, by: Vector.scalarCount) {
          let index = pixel + channel
          let product = preluGradient(
            pixels.vector(at: index), slopes, gradient.vector(at: index), sum: &sum)
          gradient.store(product, at: index)
        }
      }
    }
    return Double(sum.sum())
  }
}
