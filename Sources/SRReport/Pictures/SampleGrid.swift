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

  package let samples: [Sample]

  /// Precondition: there is at least one sample.
  package init(_ samples: [Sample]) {
    precondition(!samples.isEmpty, "a grid needs at least one sample")
    self.samples = samples
  }

  /// The grid as one picture.
  package func image() -> RGBImage { CaptionedGrid(rows: samples.map(Self.cells)).image() }

  private static func cells(of sample: Sample) -> [CaptionedGrid.Cell] {
    func caption(_ name: String, _ psnr: Double?) -> String {
      psnr.map { "\(name) \($0.fixed(2)) dB" } ?? name
    }
    let (width, height) = (sample.superRes.width, sample.superRes.height)
    return [
      CaptionedGrid.Cell(image: sample.lowRes.repeated(width: width, height: height), caption: "LR"),
      CaptionedGrid.Cell(image: sample.bicubic, caption: caption("bicubic", sample.bicubicPSNR)),
      CaptionedGrid.Cell(image: sample.superRes, caption: caption("SR", sample.superResPSNR)),
    ] + (sample.highRes.map { [CaptionedGrid.Cell(image: $0, caption: "HR")] } ?? [])
  }
}
