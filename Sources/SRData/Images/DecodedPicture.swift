/// A picture as its codec left it. Parts of it are copied out upright, so a large photograph is never held twice.
package final class DecodedPicture {
  /// Faults of a file that change no pixel.
  package struct Warnings: Sendable, Equatable {
    package let count: Int
    /// The codec library's text for the first of them.
    package let first: String

    package init(count: Int, first: String) {
      self.count = count
      self.first = first
    }
  }

  /// What a pixel consists of.
  package let format: SampleFormat
  /// Of the upright picture.
  package let width: Int
  package let height: Int
  /// Whether the file has one channel of colour. The decoder repeats it.
  package let isGrey: Bool
  /// What decoding changed.
  package let conversions: Set<PictureConversion>
  /// What the decoder remarked; nil if it remarked nothing.
  package let warnings: Warnings?
  private let orientation: Orientation
  /// As the codec left them: rows from the top.
  private let pixels: UnsafeMutablePointer<UInt8>
  private let (storedWidth, storedHeight): (Int, Int)

  /// Takes over `pixels`: `height` rows of `width` pixels.
  init(
    owning pixels: UnsafeMutablePointer<UInt8>, _ format: SampleFormat, width: Int, height: Int,
    isGrey: Bool, _ notes: PictureNotes, warnings: Warnings?
  ) {
    self.pixels = pixels
    self.format = format
    (storedWidth, storedHeight) = (width, height)
    orientation = notes.orientation
    conversions = notes.conversions
    self.isGrey = isGrey
    self.warnings = warnings
    (self.width, self.height) = orientation.swapsSides ? (height, width) : (width, height)
  }

  deinit { pixels.deallocate() }

  /// Copies a row of the upright picture, of ``width`` pixels, to `target`.
  package func copyRow(_ y: Int, to target: UnsafeMutableRawPointer) {
    precondition(y >= 0 && y < height, "row \(y) of \(height)")
    let (origin, right, down) = orientation.strides(width: storedWidth, height: storedHeight)
    let bytes = format.bytesPerPixel
    let source = UnsafeRawPointer(pixels) + bytes * (origin + y * down)
    if right == 1 { return target.copyMemory(from: source, byteCount: bytes * width) }
    for x in 0..<width { (target + bytes * x).copyMemory(from: source + bytes * x * right, byteCount: bytes) }
  }

  /// The whole picture. Precondition: it is 8-bit RGB.
  package var image: RGBImage { cropped(x: 0, y: 0, width: width, height: height) }

  /// The rectangle of `width` x `height` pixels whose upper left corner is (`x`, `y`). Precondition: it lies in the picture,
  /// which is 8-bit RGB.
  package func cropped(x: Int, y: Int, width: Int, height: Int) -> RGBImage {
    precondition(format == .rgb8, "a crop of a picture that is not 8-bit RGB")
    precondition(
      x >= 0 && y >= 0 && x + width <= self.width && y + height <= self.height,
      "a crop of \(width) x \(height) at (\(x), \(y)) leaves a picture of \(self.width) x \(self.height)")
    let (origin, right, down) = orientation.strides(width: storedWidth, height: storedHeight)
    let first = self.pixels + 3 * (origin + x * right + y * down)
    let pixels = [UInt8](unsafeUninitializedCapacity: width * height * 3) { result, count in
      let target = result.baseAddress!
      for row in 0..<height {
        let (source, line) = (first + 3 * row * down, target + 3 * row * width)
        if right == 1 {
          line.update(from: source, count: 3 * width)
        } else {
          for column in 0..<width { (line + 3 * column).update(from: source + 3 * column * right, count: 3) }
        }
      }
      count = width * height * 3
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  /// The picture, which is 8-bit RGB, resized bicubically. See ``BicubicResize`` and ``MatlabResize``.
  package func resized(width: Int, height: Int, by resampling: Resampling = .pillow) -> RGBImage {
    // The two passes do not commute with a turn.
    guard orientation == .topLeft, format == .rgb8 else {
      return image.resized(width: width, height: height, by: resampling)
    }
    let resize = PictureResize(
      by: resampling, fromWidth: self.width, height: self.height, toWidth: width, height: height)
    return resize(UnsafeBufferPointer(start: pixels, count: self.width * self.height * 3))
  }
}
