import SRData

/// Rows of images with a caption under each.
struct CaptionedGrid {
  struct Cell {
    let image: RGBImage
    let caption: String
  }

  /// Pixels between cells, and around the grid.
  static let gap = 4
  /// Height of a caption under an image, in pixels.
  static let captionHeight = PixelFont.height + 6

  let rows: [[Cell]]

  /// The grid as one picture. Each cell is as wide as the widest image or caption, so captions never overlap.
  func image() -> RGBImage {
    let cellWidth = rows.joined().map { max($0.image.width, PixelFont.width(of: $0.caption)) }.max() ?? 0
    let rowHeights = rows.map { row in (row.map(\.image.height).max() ?? 0) + Self.captionHeight }
    var result = RGBImage(
      width: (rows.map(\.count).max() ?? 0) * (cellWidth + Self.gap) + Self.gap,
      height: rowHeights.reduce(Self.gap) { $0 + $1 + Self.gap })
    var y = Self.gap
    for (row, height) in zip(rows, rowHeights) {
      for (column, cell) in row.enumerated() {
        let x = Self.gap + column * (cellWidth + Self.gap)
        result.draw(cell.image, x: x + (cellWidth - cell.image.width) / 2, y: y)
        Self.draw(cell.caption, on: &result, x: x, y: y + height - Self.captionHeight, width: cellWidth)
      }
      y += height + Self.gap
    }
    return result
  }

  /// Draws a caption into the middle of a strip with the upper left corner (`x`, `y`).
  static func draw(_ caption: String, on image: inout RGBImage, x: Int, y: Int, width: Int) {
    PixelFont.draw(caption, on: &image, x: x + (width - PixelFont.width(of: caption)) / 2, y: y + 3)
  }
}
