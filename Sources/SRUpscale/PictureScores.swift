import SRData
import SRFiles
import SRMetrics
import SRReport
import SRTraining

/// Compares results with their originals and with bicubic upsampling, in numbers and on sheets.
struct PictureScores {
  struct Values {
    let metrics: [String: Double]
    let bicubic: [String: Double]
  }

  /// Nil if no picture has an original.
  let metrics: PictureMetrics?

  /// Writes the item's sheet, and returns its numbers; nil if it has no original.
  ///
  /// - Parameters:
  ///   - lowRes: the input.
  ///   - superRes: the result.
  func compare(_ item: UpscaleItem, lowRes: RGBImage, superRes: RGBImage) throws -> Values? {
    let bicubic = lowRes.resized(width: superRes.width, height: superRes.height)
    let original = try item.reference.map { try readOriginal($0, for: superRes) }
    var values: Values?
    if let original, let metrics {
      let sized = try metrics.sized(superRes.size)
      func measure(_ picture: RGBImage) -> [String: Double] {
        let numbers = sized.values(of: picture, original: original.image, isGrey: original.isGrey)
        return Dictionary(uniqueKeysWithValues: zip(metrics.descriptions.map(\.name), numbers))
      }
      values = Values(metrics: measure(superRes), bicubic: measure(bicubic))
    }
    if let comparison = item.comparison {
      let sample = SampleGrid.Sample(
        lowRes: lowRes, bicubic: bicubic, superRes: superRes, highRes: original?.image,
        bicubicPSNR: values?.bicubic[MetricDescription.psnr.name],
        superResPSNR: values?.metrics[MetricDescription.psnr.name])
      try ImageFile.writePNG(SampleGrid([sample]).image(), to: comparison)
    }
    return values
  }

  private func readOriginal(_ path: BytePath, for result: RGBImage) throws -> (image: RGBImage, isGrey: Bool)
  {
    let picture = try PictureFile(path).decode(as: .rgb8)
    guard picture.width == result.width, picture.height == result.height else {
      throw UpscaleError("\(path): the file changed while the job ran; start the job again")
    }
    return (picture.image, picture.isGrey)
  }
}
