/// The tiles of an image that Winograd's method works on: m x m output pixels each, row after row.
///
/// Border tiles reach over the image's edge: their input is copied into a patch with zeros around, and of
/// their output only the part inside the image is written.
struct WinogradTiles: Sendable {
  let height: Int
  let width: Int
  /// m: rows and columns of an output tile.
  let size: Int
  let columns: Int
  let count: Int

  init(height: Int, width: Int, size: Int) {
    self.height = height
    self.width = width
    self.size = size
    columns = (width + size - 1) / size
    count = columns * ((height + size - 1) / size)
  }

  /// Where a tile's pixels lie: a window into the image or a patch.
  struct Window {
    var base: UnsafePointer<Float>
    var rowStride: Int
    var columnStride: Int
  }

  /// First output row and column of a tile.
  @inline(__always)
  func origin(_ tile: Int) -> (row: Int, column: Int) {
    let row = tile / columns
    return (row * size, (tile - row * columns) * size)
  }

  /// The pixels of a tile with `margin` more on each side: in place, or copied to `patch` where some are
  /// outside the image, which then read as zero.
  ///
  /// `channels` of the image's `pixelStride` are needed, from `image` on.
  @inline(__always)
  func window(
    _ tile: Int, margin: Int, image: UnsafePointer<Float>, channels: Int, pixelStride: Int,
    patch: UnsafeMutablePointer<Float>
  ) -> Window {
    let (row, column) = origin(tile)
    let (top, left, side) = (row - margin, column - margin, size + 2 * margin)
    if top >= 0, left >= 0, top + side <= height, left + side <= width {
      return Window(
        base: image + (top * width + left) * pixelStride, rowStride: width * pixelStride,
        columnStride: pixelStride)
    }
    copyPatch(
      top: top, left: left, side: side, image: image, channels: channels, pixelStride: pixelStride,
      patch: patch)
    return Window(base: patch, rowStride: side * channels, columnStride: channels)
  }

  @inline(never)
  private func copyPatch(
    top: Int, left: Int, side: Int, image: UnsafePointer<Float>, channels: Int, pixelStride: Int,
    patch: UnsafeMutablePointer<Float>
  ) {
    let firstColumn = max(0, left) - left
    let lastColumn = min(width, left + side) - left
    for y in 0..<side {
      let patchRow = patch + y * side * channels
      guard (0..<height).contains(top + y) else {
        patchRow.update(repeating: 0, count: side * channels)
        continue
      }
      patchRow.update(repeating: 0, count: firstColumn * channels)
      for x in firstColumn..<lastColumn {
        let pixel = image + ((top + y) * width + left + x) * pixelStride
        let destination = patchRow + x * channels
        for channel in stride(from: 0, to: channels, by: 16) {
          destination.store(pixel.vector(at: channel), at: channel)
        }
      }
      (patchRow + lastColumn * channels).update(repeating: 0, count: (side - lastColumn) * channels)
    }
  }

  /// Copies the part of an m x m patch of 16 channels that lies inside the image to `image`, whose pixels are
  /// `pixelStride` floats apart.
  @inline(never)
  func writeInside(
    _ tile: Int, patch: UnsafePointer<Float>, image: UnsafeMutablePointer<Float>, pixelStride: Int
  ) {
    let (row, column) = origin(tile)
    for y in 0..<min(size, height - row) {
      for x in 0..<min(size, width - column) {
        image.store(
          patch.vector(at: (y * size + x) * 16), at: ((row + y) * width + column + x) * pixelStride)
      }
    }
  }
}
