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

  /// A picture of `height` rows of `width` pixels of some intensities (HWC, one image of an NHWC batch), to be looked at. 0 is
  /// black, and 1 is full intensity. Values outside 0...1 are clamped. Other values are rounded to the nearest of the 256 levels.
  /// NaN becomes 0.
  ///
  /// Of three channels or more, the first three are red, green and blue. Of one or two, the first one is shown as grey.
  package init(intensities: UnsafeBufferPointer<Float>, channels: Int = 3, width: Int, height: Int) {
    precondition(
      channels > 0 && intensities.count == width * height * channels,
      "\(intensities.count) intensities given for \(width) x \(height) pixels of \(channels)")
    // `max` with the constant first turns NaN into 0.
    func level(_ value: Float) -> UInt8 { UInt8((Swift.min(Swift.max(0, value), 1) * 255).rounded()) }
    if channels == 3 {
      self.init(width: width, height: height, pixels: intensities.map(level))
    } else {
      let pixels = (0..<width * height).flatMap { pixel in
        (0..<3).map { level(intensities[pixel * channels + (channels < 3 ? 0 : $0)]) }
      }
      self.init(width: width, height: height, pixels: pixels)
    }
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
