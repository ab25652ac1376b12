import SRKernels
import Testing

/// The kernels check nothing. A shape that no kernel can compute is refused when it is made.
@Suite struct ShapeTests {
  @Test func convolutionsThatNoKernelComputes() async {
    await #expect(processExitsWith: .success) { make(side: 1, kernelSize: 9, padding: 4) }
    await #expect(processExitsWith: .failure) { make(side: 8, kernelSize: 11, padding: 1) }
    await #expect(processExitsWith: .success) { make(side: 8, kernelSize: 3, padding: 1, shuffle: 2) }
    await #expect(processExitsWith: .failure) { make(side: 8, kernelSize: 5, padding: 2, shuffle: 2) }
    // 64 outputs make no nine subpixels.
    await #expect(processExitsWith: .failure) { make(side: 8, kernelSize: 3, padding: 1, shuffle: 3) }
  }

  @Test func imagesSmallerThanTheirWindow() async {
    await #expect(processExitsWith: .success) { SSIMWindow.gaussian.checkFit(.init(height: 6, width: 6)) }
    await #expect(processExitsWith: .failure) { SSIMWindow.gaussian.checkFit(.init(height: 9, width: 5)) }
    await #expect(processExitsWith: .success) { SSIMWindow.box.checkFit(.init(height: 1, width: 1)) }
    await #expect(processExitsWith: .success) {
      SSIMWindow.box.checkFit(.init(height: 9, width: 9, channels: 1))
    }
  }
}

private func make(side: Int, kernelSize: Int, padding: Int, shuffle: Int = 1) {
  _ = Convolution2DShape(
    inputHeight: side, inputWidth: side, inputChannels: 16, outputChannels: 64, kernelSize: kernelSize,
    padding: padding, shuffleFactor: shuffle)
}
