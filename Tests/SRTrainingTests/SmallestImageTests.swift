import SRData
import SRKernels
import Testing

@Suite struct SmallestImageTests {
  /// What the readers and makers of data refuse is what SSIM cannot take.
  @Test func theSmallestDataIsTheSmallestSSIM() {
    #expect(NumPyPairDataset.smallestHighResSide == SSIMWindow.gaussian.smallestSide)
    #expect(PreparationOptions().smallestCrop == 8)
  }
}
