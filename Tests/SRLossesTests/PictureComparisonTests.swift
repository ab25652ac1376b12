import Foundation
import SRMetrics
import Testing

/// The literature's PSNR and SSIM, against the definitions in `scripts/support/picture_measures.py`.
@Suite struct PictureComparisonTests {
  private static let (width, height) = (40, 31)

  /// The formula of `scripts/make-picture-fixtures`.
  private static func picture(_ seed: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<3 {
          let value = (x * x * 3 + y * y * 2 + x * y * seed + 40 * c + 17 * seed) / 16
          bytes.append(UInt8(value % 256))
        }
      }
    }
    return bytes
  }

  private static func compare(
    _ left: [UInt8], _ right: [UInt8], _ channels: PictureConvention.Channels, border: Int,
    isGrey: Bool = false
  ) -> (psnr: Double, ssim: Double) {
    left.withUnsafeBufferPointer { left in
      right.withUnsafeBufferPointer { right in
        let comparison = PictureComparison(
          left, right, width: width, height: height, isGrey: isGrey,
          PictureConvention(channels: channels, border: border))
        return (comparison.psnr(), comparison.ssim())
      }
    }
  }

  private struct Fixture: Decodable { let values: [String: [Double]] }

  @Test func equalsTheDefinition() throws {
    let file = Bundle.module.url(forResource: "Fixtures/picture-metrics", withExtension: "json")!
    let expected = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file)).values
    #expect(expected.count == 6)
    for border in [0, 4] {
      for (name, channels, isGrey) in [
        ("rgb", PictureConvention.Channels.rgb, false), ("luma", .luma, false), ("grey", .luma, true),
      ] {
        let found = Self.compare(Self.picture(3), Self.picture(4), channels, border: border, isGrey: isGrey)
        let wanted = try #require(expected["\(name) \(border)"])
        #expect(abs(found.psnr - wanted[0]) < 1e-9, "\(name) \(border): \(found.psnr), \(wanted[0])")
        #expect(abs(found.ssim - wanted[1]) < 1e-9, "\(name) \(border): \(found.ssim), \(wanted[1])")
      }
    }
  }

  @Test func equalPicturesHaveNoError() {
    let same = Self.compare(Self.picture(3), Self.picture(3), .luma, border: 4)
    #expect(same.psnr == .infinity && abs(same.ssim - 1) < 1e-12)
  }

  /// One level of 255 everywhere.
  @Test func oneLevelIs48Decibels() {
    let (low, high) = ([UInt8](repeating: 7, count: 3720), [UInt8](repeating: 8, count: 3720))
    #expect(abs(Self.compare(low, high, .rgb, border: 0).psnr - 20 * log10(255)) < 1e-12)
  }

  @Test func theConventionIsSaid() {
    let convention = PictureConvention(channels: .luma, border: 4)
    #expect(convention.text(.psnr) == "PSNR-Y, 8 bit, border 4")
    #expect(convention.text(.lpips) == "LPIPS, RGB, 8 bit, border 4")
    #expect(PictureConvention(channels: .rgb, border: 0).text(.ssim) == "SSIM, RGB, 8 bit, border 0")
    #expect(convention.smallestSide == 19)
  }
}
