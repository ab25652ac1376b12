import CIntrinsics

/// A square of pixels, in an image or copied from it. It is zero outside the image, and may be read through a PReLU.
struct ImageWindow {
  private var base: UnsafePointer<Float>
  var rowStride: Int
  var columnStride: Int
  /// The first of the channels that the patch holds; nil if the pixels are read in place.
  private var firstCopied: Int?

  /// The `side` x `side` pixels from (`top`, `left`) on, in place. If some lie outside the image, or if they are read
  /// through a PReLU of a `slope`, their `channels`, in whole vectors, are copied to `patch`.
  @inline(always)
  init(
    _ image: UnsafePointer<Float>, _ layout: PixelLayout, top: Int, left: Int, side: Int,
    channels: Range<Int>, slope: Float?, patch: UnsafeMutablePointer<Float>
  ) {
    if slope == nil, top >= 0, left >= 0, top + side <= layout.height, left + side <= layout.width {
      base = image + top * layout.rowStride + left * layout.pixelStride
      rowStride = layout.rowStride
      columnStride = layout.pixelStride
    } else {
      Self.copy(image, layout, top: top, left: left, side: side, channels: channels, slope: slope, to: patch)
      base = UnsafePointer(patch)
      rowStride = side * channels.count
      columnStride = channels.count
      firstCopied = channels.lowerBound
    }
  }

  /// The first pixel's vector of 16 channels from `channel` on.
  @inline(always)
  func pixels(channel: Int, _ layout: PixelLayout) -> UnsafePointer<Float> {
    if let firstCopied { return base + (channel - firstCopied) }
    return base + layout.offset(channel: channel)
  }

  @inline(never)
  private static func copy(
    _ image: UnsafePointer<Float>, _ layout: PixelLayout, top: Int, left: Int, side: Int,
    channels: Range<Int>, slope: Float?, to patch: UnsafeMutablePointer<Float>
  ) {
    let count = channels.count
    let firstColumn = min(max(0, -left), side)
    let lastColumn = max(firstColumn, min(layout.width - left, side))
    for y in 0..<side {
      let patchRow = patch + y * side * count
      guard top + y >= 0, top + y < layout.height else {
        patchRow.update(repeating: 0, count: side * count)
        continue
      }
      patchRow.update(repeating: 0, count: firstColumn * count)
      let imageRow = image + (top + y) * layout.rowStride + left * layout.pixelStride
      if count == layout.pixelStride, !layout.isShuffled {
        // All channels of all pixels are one run of floats.
        read(
          imageRow + firstColumn * count, stride: Vector.scalarCount,
          count: (lastColumn - firstColumn) * count / Vector.scalarCount,
          slope: slope, into: patchRow + firstColumn * count, stride: Vector.scalarCount)
      } else {
        for channel in stride(from: channels.lowerBound, to: channels.upperBound, by: Vector.scalarCount) {
          read(
            imageRow + layout.offset(channel: channel) + firstColumn * layout.pixelStride,
            stride: layout.pixelStride, count: lastColumn - firstColumn, slope: slope,
            into: patchRow + (channel - channels.lowerBound) + firstColumn * count, stride: count)
        }
      }
      (patchRow + lastColumn * count).update(repeating: 0, count: (side - lastColumn) * count)
    }
  }

  /// Copies vectors that lie a stride of floats apart, perhaps through a PReLU.
  @inline(__always)
  private static func read(
    _ source: UnsafePointer<Float>, stride sourceStride: Int, count: Int, slope: Float?,
    into destination: UnsafeMutablePointer<Float>, stride destinationStride: Int
  ) {
    if let slope {
      let slopes = Vector(repeating: slope)
      for index in 0..<count {
        destination.store(
          prelu(source.vector(at: index * sourceStride), slopes), at: index * destinationStride)
      }
    } else {
      for index in 0..<count {
        destination.store(source.vector(at: index * sourceStride), at: index * destinationStride)
      }
    }
  }
}

/// A rectangle of pixels that is wanted next. It is asked for in parts while another one is transformed.
///
/// A transform goes through its pixels a few cache lines at a time, in an order that no hardware predicts. It would wait
/// for each line that is far away. Here the lines are asked for row by row, as they lie in memory.
struct UpcomingPixels {
  private let first: UnsafePointer<Float>
  private let rows: Int
  private let columns: Int
  private let channels: Range<Int>
  private let layout: PixelLayout

  /// The part inside the image of the `height` x `width` pixels from (`top`, `left`) on, and of these the `channels`, in
  /// whole vectors.
  @inline(__always)
  init(
    _ image: UnsafePointer<Float>, _ layout: PixelLayout, top: Int, left: Int, height: Int, width: Int,
    channels: Range<Int>
  ) {
    let (row, column) = (max(top, 0), max(left, 0))
    rows = max(0, min(top + height, layout.height) - row)
    columns = max(0, min(left + width, layout.width) - column)
    first = image + row * layout.rowStride + column * layout.pixelStride
    self.channels = channels
    self.layout = layout
  }

  /// Asks for the rows of one step. There are as many steps as the channels have ``Register``s.
  @inline(never)
  func fetch(step: Int) {
    let steps = channels.count / Register.scalarCount
    for row in rows * step / steps..<rows * (step + 1) / steps {
      for column in 0..<columns {
        let pixel = first + row * layout.rowStride + column * layout.pixelStride
        for channel in stride(from: channels.lowerBound, to: channels.upperBound, by: Vector.scalarCount) {
          prefetch(pixel + layout.offset(channel: channel))
        }
      }
    }
  }
}
