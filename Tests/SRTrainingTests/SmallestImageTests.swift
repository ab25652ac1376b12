import SRData
import SRKernels
import Testing

@Suite struct SmallestImageTests {
  /// The code that reads and makes data refuses exactly the images that are too small for SSIM.
  @Test func theSmallestDataIsTheSmallestSSIM() {
    #expect(NumPyPairDataset.smallestHighResSide == SSIMWindow.gaussian.smallestSide)
    #expect(PreparationOptions().smallestCrop == 8)
  }
}
