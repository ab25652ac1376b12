/// A square of pixels, in an image or copied from it: zero outside the image.
struct ImageWindow {
  var base: UnsafePointer<Float>
  var rowStride: Int
  var columnStride: Int

  /// An NHWC image, or some channels of one: `image` points at the first of them in the first pixel.
  struct Image {
    var base: UnsafePointer<Float>
    var height: Int
    var width: Int
    /// Channels that are needed, in whole vectors.
    var channels: Int
    /// Floats between two pixels.
    var pixelStride: Int
  }

  /// The `side` x `side` pixels from (`top`, `left`) on: in place, or copied to `patch` where some lie outside
  /// the image.
  @inline(always)
  init(
    of image: Image, top: Int, left: Int, side: Int, patch: UnsafeMutablePointer<Float>
  ) {
    if top >= 0, left >= 0, top + side <= image.height, left + side <= image.width {
      base = image.base + (top * image.width + left) * image.pixelStride
      rowStride = image.width * image.pixelStride
      columnStride = image.pixelStride
    } else {
      Self.copy(image, top: top, left: left, side: side, to: patch)
      base = UnsafePointer(patch)
      rowStride = side * image.channels
      columnStride = image.channels
    }
  }

  @inline(never)
  private static func copy(
    _ image: Image, top: Int, left: Int, side: Int, to patch: UnsafeMutablePointer<Float>
  ) {
    let channels = image.channels
    let firstColumn = min(max(0, -left), side)
    let lastColumn = max(firstColumn, min(image.width - left, side))
    for y in 0..<side {
      let patchRow = patch + y * side * channels
      guard top + y >= 0, top + y < image.height else {
        patchRow.update(repeating: 0, count: side * channels)
        continue
      }
      patchRow.update(repeating: 0, count: firstColumn * channels)
      for x in firstColumn..<lastColumn {
        let pixel = image.base + ((top + y) * image.width + left + x) * image.pixelStride
        let destination = patchRow + x * channels
        for channel in stride(from: 0, to: channels, by: 16) {
          destination.store(pixel.vector(at: channel), at: channel)
        }
      }
      (patchRow + lastColumn * channels).update(
        repeating: 0, count: (side - lastColumn) * channels)
    }
  }
}
