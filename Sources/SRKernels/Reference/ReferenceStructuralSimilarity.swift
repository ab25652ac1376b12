extension Reference {
  /// Sum of the structural similarity map over all elements. See
  /// ``ImageLossKernels/structuralSimilarity(superRes:highRes:shape:window:gradientScale:gradient:scratch:)``.
  package static func structuralSimilarity<T: BinaryFloatingPoint>(
    superRes: [T], highRes: [T], shape: ImageShape, window: SSIMWindow
  ) -> ReferenceLoss<T> {
    let c1 = T(SSIMWindow.c1)
    let c2 = T(SSIMWindow.c2)
    var loss = ReferenceLoss<T>(count: shape.count)
    for y in 0..<shape.height {
      for x in 0..<shape.width {
        for channel in 0..<shape.channels {
          var meanX: T = 0
          var meanY: T = 0
          var meanXX: T = 0
          var meanYY: T = 0
          var meanXY: T = 0
          forEachTap(shape, window, y: y, x: x) { pixel, weight in
            let a = superRes[pixel + channel]
            let b = highRes[pixel + channel]
            meanX += T(weight) * a
            meanY += T(weight) * b
            meanXX += T(weight) * a * a
            meanYY += T(weight) * b * b
            meanXY += T(weight) * a * b
          }
          let a1 = 2 * meanX * meanY + c1
          let a2 = 2 * (meanXY - meanX * meanY) + c2
          let b1 = meanX * meanX + meanY * meanY + c1
          let b2 = (meanXX - meanX * meanX) + (meanYY - meanY * meanY) + c2
          let similarity = a1 * a2 / (b1 * b2)
          loss.sum += similarity
          let byMeanX =
            2 * meanY * (a2 - a1) / (b1 * b2) + 2 * meanX * similarity * (1 / b2 - 1 / b1)
          let byMeanXX = -similarity / b2
          let byMeanXY = 2 * a1 / (b1 * b2)
          forEachTap(shape, window, y: y, x: x) { pixel, weight in
            let a = superRes[pixel + channel]
            let b = highRes[pixel + channel]
            loss.gradient[pixel + channel] += T(weight) * (byMeanX + 2 * a * byMeanXX + b * byMeanXY)
          }
        }
      }
    }
    return loss
  }

  /// Calls `body` for each pixel of the image inside the window around (y, x), with the pixel's first float and its weight.
  static func forEachTap(
    _ shape: ImageShape, _ window: SSIMWindow, y: Int, x: Int,
    _ body: (_ pixel: Int, _ weight: Double) -> Void
  ) {
    for i in 0..<SSIMWindow.taps {
      guard let row = window.source(of: y + i - SSIMWindow.padding, count: shape.height) else { continue }
      for j in 0..<SSIMWindow.taps {
        guard let column = window.source(of: x + j - SSIMWindow.padding, count: shape.width) else { continue }
        body(
          (row * shape.width + column) * shape.channels,
          window.weight(tap: i) * window.weight(tap: j))
      }
    }
  }
}
