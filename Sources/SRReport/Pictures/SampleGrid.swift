import SRData
import SRFiles

/// Validation samples as the paper shows them. A row is one sample: LR, bicubic, SR and HR, with a caption under each image.
package struct SampleGrid: Sendable {
  /// One image in its four forms. The low-resolution image is shown enlarged to the size of the others, pixel by pixel.
  package struct Sample: Sendable {
    package var lowRes: RGBImage
    package var bicubic: RGBImage
    package var superRes: RGBImage
    /// Nil if there is no original.
    package var highRes: RGBImage?
    /// PSNR against the high-resolution image, in dB; nil without one.
    package var bicubicPSNR: Double?
    package var superResPSNR: Double?

    /// Precondition: `bicubic`, `superRes` and `highRes` have the same size.
    package init(
      lowRes: RGBImage, bicubic: RGBImage, superRes: RGBImage, highRes: RGBImage? = nil,
      bicubicPSNR: Double? = nil, superResPSNR: Double? = nil
    ) {
      for image in [bicubic, highRes].compactMap({ $0 }) {
        precondition(
          image.width == superRes.width && image.height == superRes.height,
          "\(image.width) x \(image.height) beside \(superRes.width) x \(superRes.height)")
      }
      self.lowRes = lowRes
      self.bicubic = bicubic
      self.superRes = superRes
      self.highRes = highRes
      self.bicubicPSNR = bicubicPSNR
      self.superResPSNR = superResPSNR
    }
  }

  private struct Cell {
    let image: RGBImage
    let caption: String
  }

  /// Pixels between cells, and around the grid.
  static let gap = 4
  /// Height of a caption under an image, in pixels.
  static let captionHeight = PixelFont.height + 6

  package let samples: [Sample]

  /// Precondition: there is at least one sample.
  package init(_ samples: [Sample]) {
    precondition(!samples.isEmpty, "a grid needs at least one sample")
    self.samples = samples
  }

  /// The grid as one picture.
  package func image() -> RGBImage {
    let rows = samples.map(Self.cells)
    // Each cell is as wide as the widest image or caption, so captions never overlap.
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

  private static func cells(of sample: Sample) -> [Cell] {
    func caption(_ name: String, _ psnr: Double?) -> String {
      psnr.map { "\(name) \($0.fixed(2)) dB" } ?? name
    }
    let (width, height) = (sample.superRes.width, sample.superRes.height)
    return [
      Cell(image: sample.lowRes.repeated(width: width, height: height), caption: "LR"),
      Cell(image: sample.bicubic, caption: caption("bicubic", sample.bicubicPSNR)),
      Cell(image: sample.superRes, caption: caption("SR", sample.superResPSNR)),
    ] + (sample.highRes.map { [Cell(image: $0, caption: "HR")] } ?? [])
  }
}
