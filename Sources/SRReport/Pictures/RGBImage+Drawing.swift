import SRData

extension RGBImage {
  /// Every pixel repeated `factor` times in both directions.
  func enlarged(_ factor: Int) -> RGBImage {
    precondition(factor >= 1, "a picture cannot be enlarged \(factor) times")
    var result = RGBImage(width: width * factor, height: height * factor)
    for y in 0..<result.height {
      for x in 0..<result.width {
        let source = ((y / factor) * width + x / factor) * 3
        let target = (y * result.width + x) * 3
        for channel in 0..<3 { result.pixels[target + channel] = pixels[source + channel] }
      }
    }
    return result
  }

  /// Copies `image` into this one, its upper left corner at (`x`, `y`). It lies inside.
  mutating func draw(_ image: RGBImage, x: Int, y: Int) {
    precondition(
      x >= 0 && y >= 0 && x + image.width <= width && y + image.height <= height,
      "\(image.width) x \(image.height) at (\(x), \(y)) leaves a picture of \(width) x \(height)")
    for row in 0..<image.height {
      let source = row * image.width * 3
      let target = ((y + row) * width + x) * 3
      pixels.replaceSubrange(
        target..<target + image.width * 3, with: image.pixels[source..<source + image.width * 3])
    }
  }
}
