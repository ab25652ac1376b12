extension Reference {
  /// Sum over pixels of the Charbonnier difference of the Sobel magnitudes. See
  /// ``ImageLossKernels/sobelEdgeDifference(superRes:highRes:shape:epsilonSquared:gradientScale:gradient:scratch:)``.
  package static func sobelEdgeDifference<T: BinaryFloatingPoint>(
    superRes: [T], highRes: [T], shape: ImageShape, epsilonSquared: T
  ) -> ReferenceLoss<T> {
    var loss = ReferenceLoss<T>(count: shape.count)
    for y in 0..<shape.height {
      for x in 0..<shape.width {
        let edge = sobel(superRes, shape, y: y, x: x)
        let target = sobel(highRes, shape, y: y, x: x).magnitude
        let difference = edge.magnitude - target
        let root = (difference * difference + epsilonSquared).squareRoot()
        loss.sum += root
        guard edge.magnitude > 0 else { continue }
        let byX = difference / root * edge.gx / edge.magnitude
        let byY = difference / root * edge.gy / edge.magnitude
        forEachSobelTap(shape, y: y, x: x) { pixel, horizontal, vertical in
          let byMean = T(horizontal) * byX + T(vertical) * byY
          for channel in 0..<shape.channels {
            loss.gradient[pixel + channel] += byMean / T(shape.channels)
          }
        }
      }
    }
    return loss
  }

  private static func sobel<T: BinaryFloatingPoint>(
    _ image: [T], _ shape: ImageShape, y: Int, x: Int
  ) -> (gx: T, gy: T, magnitude: T) {
    var gx: T = 0
    var gy: T = 0
    forEachSobelTap(shape, y: y, x: x) { pixel, horizontal, vertical in
      let mean = image[pixel..<pixel + shape.channels].reduce(0, +) / T(shape.channels)
      gx += T(horizontal) * mean
      gy += T(vertical) * mean
    }
    return (gx, gy, (gx * gx + gy * gy).squareRoot())
  }

  /// Calls `body` for each neighbour of (y, x) inside the image, with the neighbour's first float and its weights in the
  /// horizontal and vertical Sobel kernels.
  private static func forEachSobelTap(
    _ shape: ImageShape, y: Int, x: Int,
    _ body: (_ pixel: Int, _ horizontal: Int, _ vertical: Int) -> Void
  ) {
    for i in -1...1 {
      for j in -1...1 {
        let row = y + i
        let column = x + j
        guard row >= 0, row < shape.height, column >= 0, column < shape.width else { continue }
        body((row * shape.width + column) * shape.channels, j * (2 - abs(i)), i * (2 - abs(j)))
      }
    }
  }
}
