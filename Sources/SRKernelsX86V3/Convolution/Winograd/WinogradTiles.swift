/// The tiles of an image on which Winograd's method works: m x m output pixels each, row after row.
///
/// Border tiles reach over the image's edge. Their input reads as zero there, and only the part of their output inside the
/// image is written.
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

  /// The tiles that write rows of the image, which begin at a whole tile.
  func tiles(rows: Range<Int>) -> Range<Int> {
    rows.lowerBound / size * columns..<(rows.upperBound + size - 1) / size * columns
  }

  /// First output row and column of a tile.
  @inline(always)
  func origin(_ tile: Int) -> (row: Int, column: Int) {
    let row = tile / columns
    return (row * size, (tile - row * columns) * size)
  }

  /// The pixels of a tile with `margin` more on each side, read through a PReLU if a `slope` is given.
  @inline(always)
  func window(
    _ tile: Int, margin: Int, image: UnsafePointer<Float>, _ layout: PixelLayout, channels: Range<Int>,
    slope: Float? = nil, patch: UnsafeMutablePointer<Float>
  ) -> ImageWindow {
    let (row, column) = origin(tile)
    return ImageWindow(
      image, layout, top: row - margin, left: column - margin, side: size + 2 * margin,
      channels: channels, slope: slope, patch: patch)
  }

  /// The same pixels of the tile after `index` in a block, to be asked for while tile `index` is transformed. Tiles are
  /// counted through all images, of `imageCount` floats each. The last tile has none after it: it stands for itself, and is
  /// near already.
  @inline(always)
  func upcoming(
    after index: Int, in block: Range<Int>, margin: Int, images: UnsafePointer<Float>, imageCount: Int,
    _ layout: PixelLayout, channels: Range<Int>
  ) -> UpcomingPixels {
    let (image, tile) = min(index + 1, block.upperBound - 1).quotientAndRemainder(dividingBy: count)
    let (row, column) = origin(tile)
    // The first columns of a row's next tile are the last ones of the tile before.
    let shared = column > 0 ? 2 * margin : 0
    return UpcomingPixels(
      images + image * imageCount, layout, top: row - margin, left: column - margin + shared,
      height: size + 2 * margin, width: size + 2 * margin - shared, channels: channels)
  }

  /// Copies to `image` the part inside it of an m x m patch of a ``Register`` of channels.
  @inline(never)
  func writeInside(
    _ tile: Int, patch: UnsafePointer<Float>, image: UnsafeMutablePointer<Float>, _ layout: PixelLayout
  ) {
    let (row, column) = origin(tile)
    for y in 0..<min(size, height - row) {
      for x in 0..<min(size, width - column) {
        image.store(
          patch.register(at: (y * size + x) * Register.scalarCount),
          at: (row + y) * layout.rowStride + (column + x) * layout.pixelStride)
      }
    }
  }
}
