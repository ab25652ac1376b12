import SRData
import SRReport
import Testing

@Suite struct PictureTests {
  @Test func intensitiesAreClampedAndRounded() {
    let values: [Float] = [
      -1, 0, 0.5 / 255, 0.49 / 255, 1.5 / 255, 1, 2, .nan, .infinity, -.infinity, 254.4 / 255, 0.5,
    ]
    let image = values.withUnsafeBufferPointer { RGBImage(intensities: $0, width: 2, height: 2) }
    #expect(image.pixels == [0, 0, 1, 0, 2, 255, 255, 0, 255, 0, 254, 128])
  }

  @Test func everyByteSurvivesTheFloatAndBack() {
    let values = (0..<255).map { Float($0) / 255 }
    let image = values.withUnsafeBufferPointer { RGBImage(intensities: $0, width: 85, height: 1) }
    #expect(image.pixels == (0..<255).map { UInt8($0) })
  }

  private func filled(_ side: Int, _ value: UInt8) -> RGBImage {
    RGBImage(width: side, height: side, pixels: .init(repeating: value, count: side * side * 3))
  }

  private func pixel(_ image: RGBImage, x: Int, y: Int) -> UInt8 { image.pixels[(y * image.width + x) * 3] }

  @Test func gridHoldsTheFourFormsInOrderWithCaptions() {
    var lowRes = filled(32, 10)
    lowRes.pixels[0] = 99
    let sample = SampleGrid.Sample(
      lowRes: lowRes, bicubic: filled(128, 20), superRes: filled(128, 30), highRes: filled(128, 40),
      bicubicPSNR: 27.314, superResPSNR: 28.446)
    let grid = SampleGrid([sample, sample]).image()
    #expect(grid.width == 4 * 128 + 5 * 4)
    #expect(grid.height == 2 * (128 + 16) + 3 * 4)
    for row in 0..<2 {
      let y = 4 + row * (128 + 16 + 4)
      // The low resolution picture's first pixel fills 4 x 4 pixels.
      #expect(
        pixel(grid, x: 4, y: y) == 99 && pixel(grid, x: 7, y: y + 3) == 99 && pixel(grid, x: 8, y: y) == 10)
      #expect((1...3).map { pixel(grid, x: 4 + $0 * 132, y: y) } == [20, 30, 40])
      // Captions are white dots in the strip below every picture.
      for column in 0..<4 {
        let strip = grid.cropped(x: 4 + column * 132, y: y + 128, width: 128, height: 16)
        #expect(strip.pixels.contains(255))
        #expect(strip.pixels.allSatisfy { $0 == 0 || $0 == 255 })
      }
    }
  }

  @Test func captionsTellTheNumbers() {
    func grid(_ psnr: Double) -> RGBImage {
      SampleGrid([
        .init(
          lowRes: filled(32, 0), bicubic: filled(128, 0), superRes: filled(128, 0), highRes: filled(128, 0),
          bicubicPSNR: 20, superResPSNR: psnr)
      ]).image()
    }
    #expect(grid(28.44) == grid(28.441))
    #expect(grid(28.44) != grid(28.45))
  }

  @Test func smallPicturesLeaveRoomForTheirCaptions() {
    let sample = SampleGrid.Sample(
      lowRes: filled(4, 1), bicubic: filled(16, 2), superRes: filled(16, 3), highRes: filled(16, 4),
      bicubicPSNR: 100, superResPSNR: 100)
    let grid = SampleGrid([sample]).image()
    #expect(grid.width > 4 * 120)
    #expect(Set(grid.pixels) == [0, 1, 2, 3, 4, 255])
  }
}
