import SRKernels

// Sums over an image's pixels, in double precision: the gates of squeeze-and-excitation are computed from such sums and
// by them, and their terms nearly cancel.

/// Pixels added up in single precision before they join the double-precision total. So few cost no accuracy that
/// the terms themselves have, and spare most of the conversions.
private let pixelGroup = 4

/// sums[k] = sum over pixels of image[pixel, k]
func sumOverPixels(
  _ image: UnsafePointer<Float>, pixels: Int, channels: Int, into sums: UnsafeMutablePointer<Float>
) {
  let whole = channels / Vector.scalarCount * Vector.scalarCount
  for c in stride(from: 0, to: whole, by: Vector.scalarCount) {
    var total = DoubleVector.zero
    let rest = pixels / pixelGroup * pixelGroup
    for first in stride(from: 0, to: rest, by: pixelGroup) {
      let row = image + first * channels + c
      total.add(
        (row.vector(at: 0) + row.vector(at: channels))
          + (row.vector(at: 2 * channels) + row.vector(at: 3 * channels)))
    }
    for pixel in rest..<pixels { total.add(image.vector(at: pixel * channels + c)) }
    sums.store(total.rounded, at: c)
  }
  for c in whole..<channels {
    var total = 0.0
    for pixel in 0..<pixels { total += Double(image[pixel * channels + c]) }
    sums[c] = Float(total)
  }
}

extension VectorKernels {
  public func globalAveragePool(
    _ image: UnsafePointer<Float>, pixels: Int, channels: Int, means: UnsafeMutablePointer<Float>
  ) {
    sumOverPixels(image, pixels: pixels, channels: channels, into: means)
    for c in 0..<channels { means[c] /= Float(pixels) }
  }

  public func sumOfProducts(
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, pixels: Int, channels: Int,
    sums: UnsafeMutablePointer<Float>
  ) {
    for c in stride(from: 0, to: channels, by: Vector.scalarCount) {
      var total = DoubleVector.zero
      for first in stride(from: 0, to: pixels, by: pixelGroup) {
        var partial = Vector.zero
        for pixel in first..<min(first + pixelGroup, pixels) {
          partial.addProduct(
            left.vector(at: pixel * channels + c), right.vector(at: pixel * channels + c))
        }
        total.add(partial)
      }
      sums.store(total.rounded, at: c)
    }
  }
}
