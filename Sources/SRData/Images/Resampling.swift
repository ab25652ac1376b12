/// Whose bicubic filter resizes pictures. Results differ: a network learns to undo the filter that made its inputs.
package enum Resampling: String, Sendable, CaseIterable, Codable {
  /// ``BicubicResize``
  case pillow
  /// ``MatlabResize``
  case matlab

  /// The program's name in a text.
  package var program: String {
    switch self {
    case .pillow: "Pillow"
    case .matlab: "MATLAB"
    }
  }

  /// The bytes that a resize allocates. If they are too many for an integer, the largest one.
  package func workingBytes(
    _ format: PixelFormat = .rgb8, fromWidth: Int, height fromHeight: Int, toWidth: Int, height toHeight: Int
  ) -> Int {
    switch self {
    case .pillow where format == .rgb8:
      return BicubicResize.workingBytes(fromHeight: fromHeight, toWidth: toWidth, height: toHeight)
    case .pillow:
      return Self.canCount(toWidth, toHeight, format.bytesPerPixel)
        ? BicubicRows.workingBytes(
          channels: format.channels, format.sample, fromWidth: fromWidth, height: fromHeight,
          toWidth: toWidth, height: toHeight) + toWidth * toHeight * format.bytesPerPixel : .max
    case .matlab:
      return MatlabResize.workingBytes(
        format, fromWidth: fromWidth, height: fromHeight, toWidth: toWidth, height: toHeight)
    }
  }

  /// Whether a thousand times the product is an integer.
  private static func canCount(_ factors: Int...) -> Bool {
    var product = 1 << 10
    for factor in factors {
      let (next, overflow) = product.multipliedReportingOverflow(by: factor)
      if overflow { return false }
      product = next
    }
    return true
  }
}

/// A bicubic resize between two sizes, by either filter. Its weights serve any number of pictures.
package struct PictureResize: Sendable {
  private enum Filter: Sendable {
    case pillow(BicubicResize)
    case matlab(MatlabResize)
  }

  private let filter: Filter

  /// Precondition: sizes are positive.
  package init(
    by resampling: Resampling, fromWidth: Int, height fromHeight: Int, toWidth: Int, height toHeight: Int
  ) {
    filter =
      switch resampling {
      case .pillow:
        .pillow(
          BicubicResize(fromWidth: fromWidth, height: fromHeight, toWidth: toWidth, height: toHeight))
      case .matlab:
        .matlab(MatlabResize(fromWidth: fromWidth, height: fromHeight, toWidth: toWidth, height: toHeight))
      }
  }

  /// The resized picture. Precondition: `image` has the size that the resize was made for.
  package func callAsFunction(_ image: RGBImage) -> RGBImage {
    image.pixels.withUnsafeBufferPointer { self($0) }
  }

  /// The resized picture. Precondition: there are as many bytes of RGB as in a picture of the size that the resize was made for.
  package func callAsFunction(_ pixels: UnsafeBufferPointer<UInt8>) -> RGBImage {
    switch filter {
    case .pillow(let resize): resize(pixels)
    case .matlab(let resize): resize(pixels)
    }
  }
}
