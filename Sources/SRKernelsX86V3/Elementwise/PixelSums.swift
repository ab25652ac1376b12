import SRKernels

// Sums over an image's pixels, in double precision. The gates of squeeze-and-excitation are computed from such sums and
// trained by them, and so are slopes of single channels; the terms nearly cancel.

/// Pixels that are added up in single precision, four by four, before they join the double-precision totals. They are few
/// enough to cost little accuracy, and enough to save most of the conversions.
private let pixelBlock = 16

/// sums[k] = sum over pixels of image[pixel, k]
func sumOverPixels(
  _ image: UnsafePointer<Float>, pixels: Int, channels: Int, into sums: UnsafeMutablePointer<Float>
) {
  sumOverPixels(
    PixelRows(count: 1, pixels: pixels, channels: channels, stride: 0), into: sums
  ) { sum, index, _ in
    sum += image.vector(at: index)
  } single: { index, _ in
    image[index]
  }
}

/// The same for an image that may be shuffled. The sums are in the order of its channels.
func sumOverPixels(
  _ image: UnsafePointer<Float>, _ layout: PixelLayout, channels: Int,
  into sums: UnsafeMutablePointer<Float>
) {
  guard layout.isShuffled else {
    sumOverPixels(image, pixels: layout.height * layout.width, channels: channels, into: sums)
    return
  }
  // With f = `layout.factor`, every f-th row of the shuffled image holds one f-th of the channels, as f subpixels side by side.
  let rows = PixelRows(
    count: layout.height, pixels: layout.width, channels: channels / layout.factor, stride: layout.rowStride)
  for part in 0..<layout.factor {
    let start = image + part * (layout.rowStride / layout.factor)
    sumOverPixels(rows, into: sums + part * rows.channels) { sum, index, _ in
      sum += start.vector(at: index)
    } single: { index, _ in
      start[index]
    }
  }
}

/// Rows of pixels with all their channels.
private struct PixelRows {
  var count: Int
  /// Of a row.
  var pixels: Int
  var channels: Int
  /// Floats between two rows.
  var stride: Int
}

extension VectorKernels {
  package func globalAveragePool(
    _ image: UnsafePointer<Float>, pixels: Int, channels: Int, means: UnsafeMutablePointer<Float>
  ) {
    sumOverPixels(image, pixels: pixels, channels: channels, into: means)
    for c in 0..<channels { means[c] /= Float(pixels) }
  }

  package func sumOfProducts(
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, pixels: Int, channels: Int,
    sums: UnsafeMutablePointer<Float>
  ) {
    sumOverPixels(
      PixelRows(count: 1, pixels: pixels, channels: channels, stride: 0), into: sums
    ) { sum, index, _ in
      sum.addProduct(left.vector(at: index), right.vector(at: index))
    } single: { index, _ in
      left[index] * right[index]
    }
  }
}

extension VectorKernels {
  package func preluBackward(
    source: UnsafePointer<Float>, slopes: UnsafePointer<Float>, gradientDestination: UnsafePointer<Float>,
    gradientSource: UnsafeMutablePointer<Float>, gradientSlopes: UnsafeMutablePointer<Float>, pixels: Int,
    channels: Int
  ) {
    sumOverPixels(
      PixelRows(count: 1, pixels: pixels, channels: channels, stride: 0), into: gradientSlopes
    ) { sum, index, channel in
      let gradient = preluGradient(
        source.vector(at: index), slopes.vector(at: channel), gradientDestination.vector(at: index), sum: &sum
      )
      gradientSource.store(gradient, at: index)
    } single: { index, channel in
      let (value, gradient) = (source[index], gradientDestination[index])
      gradientSource[index] = value > 0 ? gradient : gradient * slopes[channel]
      return value > 0 ? 0 : gradient * value
    }
  }

  package var pixelSumStep: Int { pixelBlock }

  package func addPixels(
    _ image: UnsafePointer<Float>, pixels: Range<Int>, channels: Int, group: Int,
    to totals: UnsafeMutablePointer<Double>
  ) {
    let start = group * Vector.scalarCount
    var total = DoubleVector(totals + start)
    for first in stride(from: pixels.lowerBound, to: pixels.upperBound, by: pixelBlock) {
      let block = first..<min(first + pixelBlock, pixels.upperBound)
      total.add(
        sumOfBlock(block, channels: channels, start: start) { sum, index in sum += image.vector(at: index) })
    }
    total.store(to: totals + start)
  }
}

/// Adds up the terms of sixteen channels over a block of pixels in single precision.
@inline(__always)
private func sumOfBlock(
  _ block: Range<Int>, channels: Int, start: Int, _ add: (_ sum: inout Vector, _ index: Int) -> Void
) -> Vector {
  var (sum0, sum1, sum2, sum3) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
  var pixel = block.lowerBound
  while pixel + 4 <= block.upperBound {
    add(&sum0, start + pixel * channels)
    add(&sum1, start + (pixel + 1) * channels)
    add(&sum2, start + (pixel + 2) * channels)
    add(&sum3, start + (pixel + 3) * channels)
    pixel += 4
  }
  while pixel < block.upperBound {
    add(&sum0, start + pixel * channels)
    pixel += 1
  }
  return (sum0 + sum1) + (sum2 + sum3)
}

/// Adds up the terms of each channel. `add` takes sixteen channels at a time, given the first one's index and channel. `single`
/// takes the last few channels one by one.
@inline(__always)
private func sumOverPixels(
  _ rows: PixelRows, into sums: UnsafeMutablePointer<Float>,
  add: (_ sum: inout Vector, _ index: Int, _ channel: Int) -> Void,
  single: (_ index: Int, _ channel: Int) -> Float
) {
  let channels = rows.channels
  let whole = channels / Vector.scalarCount * Vector.scalarCount
  withUnsafeTemporaryAllocation(byteCount: whole * MemoryLayout<Double>.stride, alignment: 64) { memory in
    let totals = memory.baseAddress!.assumingMemoryBound(to: DoubleVector.self)
    let vectors = whole / Vector.scalarCount
    for vector in 0..<vectors { totals[vector] = .zero }
    for row in 0..<rows.count {
      // All channels of a block follow one another, so its pixels stay in the cache.
      for first in stride(from: 0, to: rows.pixels, by: pixelBlock) {
        let end = min(first + pixelBlock, rows.pixels)
        for vector in 0..<vectors {
          let channel = vector * Vector.scalarCount
          totals[vector].add(
            sumOfBlock(first..<end, channels: channels, start: row * rows.stride + channel) { sum, index in
              add(&sum, index, channel)
            })
        }
      }
    }
    for vector in 0..<vectors { sums.store(totals[vector].rounded, at: vector * Vector.scalarCount) }
  }
  for channel in whole..<channels {
    var total = 0.0
    for row in 0..<rows.count {
      for pixel in 0..<rows.pixels {
        total += Double(single(row * rows.stride + pixel * channels + channel, channel))
      }
    }
    sums[channel] = Float(total)
  }
}
