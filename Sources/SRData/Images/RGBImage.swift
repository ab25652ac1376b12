/// An 8-bit RGB picture: `height` rows of `width` pixels of 3 channels (HWC).
package struct RGBImage: Sendable, Equatable {
  package let width: Int
  package let height: Int
  /// `height * width * 3` bytes, row by row.
  package var pixels: [UInt8]

  /// Takes `pixels` as they are. Precondition: `pixels.count == width * height * 3`.
  package init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(
      width > 0 && height > 0 && pixels.count == width * height * 3,
      "\(pixels.count) bytes given for \(width) x \(height) RGB pixels")
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// A black picture.
  package init(width: Int, height: Int) {
    self.init(width: width, height: height, pixels: [UInt8](repeating: 0, count: width * height * 3))
  }

  /// The rectangle of `width` x `height` pixels whose upper left corner is (`x`, `y`). Precondition: it lies in the picture.
  package func cropped(x: Int, y: Int, width: Int, height: Int) -> RGBImage {
    precondition(
      x >= 0 && y >= 0 && x + width <= self.width && y + height <= self.height,
      "a crop of \(width) x \(height) at (\(x), \(y)) leaves a picture of \(self.width) x \(self.height)")
    var result = [UInt8]()
    result.reserveCapacity(width * height * 3)
    for row in y..<(y + height) {
      let start = (row * self.width + x) * 3
      result += pixels[start..<(start + width * 3)]
    }
    return RGBImage(width: width, height: height, pixels: result)
  }

  /// The picture resized bicubically. See ``BicubicResize`` and ``MatlabResize``.
  package func resized(width: Int, height: Int, by resampling: Resampling = .pillow) -> RGBImage {
    PictureResize(
      by: resampling, fromWidth: self.width, height: self.height, toWidth: width, height: height)(self)
  }
}
