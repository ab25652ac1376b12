import SRKernels

// Sums over an image's pixels, in double precision: the gates of squeeze-and-excitation are computed from such sums and
// trained by them, and their terms nearly cancel.

/// Pixels added up in single precision, four by four, before they join the double-precision totals: few enough to cost
/// little accuracy, enough to spare most of the conversions.
private let pixelBlock = 16

/// sums[k] = sum over pixels of image[pixel, k]
func sumOverPixels(
  _ image: UnsafePointer<Float>, pixels: Int, channels: Int, into sums: UnsafeMutablePointer<Float>
) {
  sumOverPixels(pixels: pixels, channels: channels, into: sums) { sum, index in
    sum += image.vector(at: index)
  } single: {
    image[$0]
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
    sumOverPixels(pixels: pixels, channels: channels, into: sums) { sum, index in
      sum.addProduct(left.vector(at: index), right.vector(at: index))
    } single: {
      left[$0] * right[$0]
    }
  }
}

/// Adds up each channel's terms: of sixteen channels by `add`, given the first one's index, of the last few one by one.
@inline(__always)
private func sumOverPixels(
  pixels: Int, channels: Int, into sums: UnsafeMutablePointer<Float>,
  add: (_ sum: inout Vector, _ index: Int) -> Void, single: (_ index: Int) -> Float
) {
  let whole = channels / Vector.scalarCount * Vector.scalarCount
  withUnsafeTemporaryAllocation(byteCount: whole * MemoryLayout<Double>.stride, alignment: 64) { memory in
    let totals = memory.baseAddress!.assumingMemoryBound(to: DoubleVector.self)
    let vectors = whole / Vector.scalarCount
    for vector in 0..<vectors { totals[vector] = .zero }
    // All channels of a block one after the other: its pixels stay in the cache.
    for first in stride(from: 0, to: pixels, by: pixelBlock) {
      let end = min(first + pixelBlock, pixels)
      for vector in 0..<vectors {
        let channel = vector * Vector.scalarCount
        var (sum0, sum1, sum2, sum3) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
        var pixel = first
        while pixel + 4 <= end {
          add(&sum0, pixel * channels + channel)
          add(&sum1, (pixel + 1) * channels + channel)
          add(&sum2, (pixel + 2) * channels + channel)
          add(&sum3, (pixel + 3) * channels + channel)
          pixel += 4
        }
        while pixel < end {
          add(&sum0, pixel * channels + channel)
          pixel += 1
        }
        totals[vector].add((sum0 + sum1) + (sum2 + sum3))
      }
    }
    for vector in 0..<vectors { sums.store(totals[vector].rounded, at: vector * Vector.scalarCount) }
  }
  for channel in whole..<channels {
    var total = 0.0
    for pixel in 0..<pixels { total += Double(single(pixel * channels + channel)) }
    sums[channel] = Float(total)
  }
}
