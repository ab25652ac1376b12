import SRKernels

extension ConvolutionSource {
  /// One of the images.
  @inline(__always) func image(_ index: Int, of shape: Convolution2DShape) -> ConvolutionSource {
    ConvolutionSource(pixels + index * shape.sourceCount, slope: slope)
  }
}

extension ConvolutionEpilogue {
  /// Results are stored as max(floor, x).
  @inline(__always) var floor: Float { if case .relu = activation { 0 } else { -.infinity } }

  /// The PReLU that results pass after they are stored; nil if there is none.
  @inline(__always) var prelu: ResultPReLU? {
    if case .prelu(let slopes) = activation { ResultPReLU(slopes: slopes) } else { nil }
  }
}

/// The PReLU of a convolution's result. It is applied to a few pixels at a time, while a near cache still holds them.
struct ResultPReLU {
  /// By output channel.
  let slopes: UnsafePointer<Float>

  /// Applies the PReLU in place to a rectangle of one image and some of its channels, in whole vectors.
  @inline(never)
  func apply(
    to image: UnsafeMutablePointer<Float>, _ layout: PixelLayout, rows: Range<Int>, columns: Range<Int>,
    channels: Range<Int>
  ) {
    for channel in stride(from: channels.lowerBound, to: channels.upperBound, by: Vector.scalarCount) {
      let slope = slopes.vector(at: channel)
      let pixels = image + layout.offset(channel: channel)
      for row in rows {
        for column in columns {
          let index = row * layout.rowStride + column * layout.pixelStride
          pixels.store(prelu(pixels.vector(at: index), slope), at: index)
        }
      }
    }
  }
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

/// A gradient with respect to a slope while it is added up, rectangle by rectangle.
///
/// CPU levels work on blocks of different sizes. The sum must not depend on them. So each group of 64 channels has a total of
/// its own, to which rectangles are added in the order of their pixels.
struct SlopeGradient {
  private let derivative: PReLUDerivative
  private let totals: UnsafeMutablePointer<Double>

  /// Divides every CPU level's groups of channels.
  private static let groupChannels = 64

  /// The gradient, rounded once, of what `body` multiplies.
  static func total(
    _ derivative: PReLUDerivative, channels: Int, _ body: (SlopeGradient) -> Void
  ) -> Float {
    let groups = (channels + groupChannels - 1) / groupChannels
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: groups) { totals in
      totals.initialize(repeating: 0)
      body(SlopeGradient(derivative: derivative, totals: totals.baseAddress!))
      return Float(totals.reduce(0, +))
    }
  }

  /// ``PReLUDerivative/multiply(_:image:_:rows:columns:channels:)``
  ///
  /// - Precondition: the channels begin at a whole group. Of each channel, rectangles come in one order.
  func multiply(
    _ gradient: UnsafeMutablePointer<Float>, image: Int, _ layout: PixelLayout, rows: Range<Int>,
    columns: Range<Int>, channels: Range<Int>
  ) {
    for first in stride(from: channels.lowerBound, to: channels.upperBound, by: Self.groupChannels) {
      totals[first / Self.groupChannels] += derivative.multiply(
        gradient, image: image, layout, rows: rows, columns: columns,
        channels: first..<min(first + Self.groupChannels, channels.upperBound))
    }
  }
}
