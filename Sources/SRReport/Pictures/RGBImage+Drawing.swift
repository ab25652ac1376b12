import Foundation
import SRData

extension RGBImage {
  /// The image at another size, each pixel that of the nearest pixel of this image.
  func repeated(width: Int, height: Int) -> RGBImage {
    precondition(width > 0 && height > 0, "a picture cannot have \(width) x \(height) pixels")
    var result = RGBImage(width: width, height: height)
    for y in 0..<height {
      for x in 0..<width {
        let source = (y * self.height / height * self.width + x * self.width / width) * 3
        let target = (y * width + x) * 3
        for channel in 0..<3 { result.pixels[target + channel] = pixels[source + channel] }
      }
    }
    return result
  }

  /// Copies `image` into this image, with its upper left corner at (`x`, `y`). All of `image` must fit.
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

extension RGBImage {
  /// 10 log10(255^2 / MSE) in dB; nil if the images are equal or differ in size.
  func psnr(to other: RGBImage) -> Double? {
    guard width == other.width, height == other.height, self != other else { return nil }
    let sum = zip(pixels, other.pixels).reduce(0) { sum, pair in
      let difference = Int(pair.0) - Int(pair.1)
      return sum + difference * difference
    }
    return 10 * log10(255 * 255 * Double(pixels.count) / Double(sum))
  }
}
