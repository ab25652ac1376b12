import SRData

/// A picture of samples that a run has written, see ``SampleGrid``, cut into its parts.
package struct SampleSheet: Sendable {
  /// One row of the sheet.
  package struct Row: Sendable, Equatable {
    /// At the size that the network read, if the enlargement shows it.
    package let lowRes: RGBImage
    package let bicubic: RGBImage
    package let superRes: RGBImage
    package let highRes: RGBImage
  }

  package let epoch: Int
  /// The whole picture.
  package let image: RGBImage
  /// Empty if the picture is not laid out as ``SampleGrid`` does it.
  package let rows: [Row]

  package init(epoch: Int, image: RGBImage) {
    self.epoch = epoch
    self.image = image
    rows = SampleGrid.rows(of: image)
  }
}

extension SampleGrid {
  /// The rows of a picture that ``image()`` drew; empty for any other picture.
  ///
  /// The picture does not say how many rows it has. Its number of rows is the one with which each row has the captions `LR` and
  /// `HR` in their places.
  static func rows(of sheet: RGBImage) -> [SampleSheet.Row] {
    let (gap, captionHeight) = (CaptionedGrid.gap, CaptionedGrid.captionHeight)
    let (pitch, remainder) = (sheet.width - gap).quotientAndRemainder(dividingBy: 4)
    let usedHeight = sheet.height - gap
    guard remainder == 0, pitch - gap >= PixelFont.width(of: "LR"), usedHeight > 0 else { return [] }
    let least = captionHeight + gap + 1
    for count in stride(from: usedHeight / least, through: 1, by: -1)
    where usedHeight.isMultiple(of: count) {
      let cells = CellGeometry(width: pitch - gap, imageHeight: usedHeight / count - captionHeight - gap)
      guard (0..<count).allSatisfy({ cells.hasCaptions(row: $0, of: sheet) }) else { continue }
      guard let imageWidth = cells.imageWidth(rows: count, of: sheet) else { return [] }
      return (0..<count).map { row in
        let images = (0..<4).map { cells.image(row: row, column: $0, width: imageWidth, of: sheet) }
        return SampleSheet.Row(
          lowRes: images[0].reduced(), bicubic: images[1], superRes: images[2], highRes: images[3])
      }
    }
    return []
  }

  /// The places of a sheet's cells.
  private struct CellGeometry {
    let width: Int
    let imageHeight: Int

    func x(_ column: Int) -> Int { CaptionedGrid.gap + column * (width + CaptionedGrid.gap) }
    func y(_ row: Int) -> Int {
      CaptionedGrid.gap + row * (imageHeight + CaptionedGrid.captionHeight + CaptionedGrid.gap)
    }

    /// Whether the captions that do not depend on the images are where they belong.
    func hasCaptions(row: Int, of sheet: RGBImage) -> Bool {
      [(0, "LR"), (3, "HR")].allSatisfy { column, caption in
        var strip = RGBImage(width: width, height: CaptionedGrid.captionHeight)
        CaptionedGrid.draw(caption, on: &strip, x: 0, y: 0, width: width)
        let found = sheet.cropped(
          x: x(column), y: y(row) + imageHeight, width: width, height: CaptionedGrid.captionHeight)
        return strip == found
      }
    }

    /// Images that are narrower than their captions lie in the middle of their cells, and the rest is black. Nil if all is black.
    func imageWidth(rows: Int, of sheet: RGBImage) -> Int? {
      var (left, right) = (width, width)
      for (row, column) in (0..<rows).flatMap({ row in (0..<4).map { (row, $0) } }) {
        let cell = image(row: row, column: column, width: width, of: sheet)
        for y in 0..<imageHeight {
          let line = Array(cell.pixels[y * width * 3..<(y + 1) * width * 3])
          guard let first = line.firstIndex(where: { $0 > 0 }), let last = line.lastIndex(where: { $0 > 0 })
          else { continue }
          (left, right) = (min(left, first / 3), min(right, width - 1 - last / 3))
        }
      }
      guard left < width else { return nil }
      func holdsAll(_ imageWidth: Int) -> Bool {
        let margin = (width - imageWidth) / 2
        return margin <= left && width - imageWidth - margin <= right
      }
      // A square image may have a black frame.
      if imageHeight <= width, holdsAll(imageHeight) { return imageHeight }
      return (1...width).first(where: holdsAll)
    }

    func image(row: Int, column: Int, width imageWidth: Int, of sheet: RGBImage) -> RGBImage {
      sheet.cropped(
        x: x(column) + (width - imageWidth) / 2, y: y(row), width: imageWidth, height: imageHeight)
    }
  }
}

extension RGBImage {
  /// The image of which this one is an enlargement by whole squares, with the largest factor of 8, 4 and 2 for which it is one;
  /// else the image itself.
  fileprivate func reduced() -> RGBImage {
    for factor in [8, 4, 2] where width.isMultiple(of: factor) && height.isMultiple(of: factor) {
      var small = RGBImage(width: width / factor, height: height / factor)
      for y in 0..<small.height {
        for x in 0..<small.width {
          let (source, target) = ((y * width + x) * factor * 3, (y * small.width + x) * 3)
          for channel in 0..<3 { small.pixels[target + channel] = pixels[source + channel] }
        }
      }
      if small.repeated(width: factor * small.width, height: factor * small.height) == self { return small }
    }
    return self
  }
}
