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

  /// The bytes that a resize allocates.
  package func workingBytes(
    fromWidth: Int, height fromHeight: Int, toWidth: Int, height toHeight: Int
  ) -> Int {
    switch self {
    case .pillow: BicubicResize.workingBytes(fromHeight: fromHeight, toWidth: toWidth, height: toHeight)
    case .matlab:
      MatlabResize.workingBytes(
        fromWidth: fromWidth, height: fromHeight, toWidth: toWidth, height: toHeight)
    }
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
