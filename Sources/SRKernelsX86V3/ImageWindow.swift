/// A square of pixels, in an image or copied from it: zero outside the image.
struct ImageWindow {
  private var base: UnsafePointer<Float>
  var rowStride: Int
  var columnStride: Int
  /// Channels from which on the patch holds them; nil where the pixels are read in place.
  private var firstCopied: Int?

  /// The `side` x `side` pixels from (`top`, `left`) on: in place, or `channels` of them, in whole vectors, copied to
  /// `patch` where some lie outside the image.
  @inline(always)
  init(
    _ image: UnsafePointer<Float>, _ layout: PixelLayout, top: Int, left: Int, side: Int,
    channels: Range<Int>, patch: UnsafeMutablePointer<Float>
  ) {
    if top >= 0, left >= 0, top + side <= layout.height, left + side <= layout.width {
      base = image + top * layout.rowStride + left * layout.pixelStride
      rowStride = layout.rowStride
      columnStride = layout.pixelStride
    } else {
      Self.copy(image, layout, top: top, left: left, side: side, channels: channels, to: patch)
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
    channels: Range<Int>, to patch: UnsafeMutablePointer<Float>
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
      for channel in stride(from: channels.lowerBound, to: channels.upperBound, by: 16) {
        let source = imageRow + layout.offset(channel: channel)
        let destination = patchRow + (channel - channels.lowerBound)
        for x in firstColumn..<lastColumn {
          destination.store(source.vector(at: x * layout.pixelStride), at: x * count)
        }
      }
      (patchRow + lastColumn * count).update(repeating: 0, count: (side - lastColumn) * count)
    }
  }
}
