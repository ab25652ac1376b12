import Foundation
import SRKernelDispatch
import SRKernels
import SRLosses
import SRMetrics
import SRTensor
import Testing

@Suite struct PixelMetricTests {
  private let kernels: any KernelSet
  private let images = FormulaImages(height: 20, width: 23)

  init() throws {
    kernels = try #require(CPULevel.supported().last).kernels
  }

  private func value(_ kind: LossTerm.Kind) throws -> Double {
    let loss = try #require(kind.pixelLoss(kernels: kernels))
    return LossRun.value(loss, superRes: images.superRes, highRes: images.highRes, shape: images.shape)
  }

  @Test func psnrIsMinusTenLogarithmsOfTheError() throws {
    let psnr = PSNR(kernels: kernels)
    let decibels = psnr.evaluate(superRes: images.superRes, highRes: images.highRes, height: 20, width: 23)
    let error = try value(.mse)
    #expect(abs(decibels - -10 * log10(error)) < 1e-12)
    // Off by a tenth everywhere, and outside 0...1: 20 dB, as nothing is clamped.
    let far = images.highRes.map { $0 + 1.9 }
    let offByATenth = far.map { $0 + 0.1 }
    let twenty = psnr.evaluate(superRes: offByATenth, highRes: far, height: 20, width: 23)
    #expect(abs(twenty - 20) < 1e-4)
  }

  @Test func psnrOfEqualImagesIsAHundred() {
    let decibels = PSNR(kernels: kernels).evaluate(
      superRes: images.highRes, highRes: images.highRes, height: 20, width: 23)
    #expect(decibels == 100)
  }

  /// Its window mirrors five pixels at each edge, of which four have no fifth.
  @Test func ssimOfTooSmallImagesIsRefused() async {
    await #expect(processExitsWith: .failure) {
      let metric = SSIM(window: .gaussian, kernels: try CPULevel.selected().kernels)
      _ = metric.scratchCount(height: 5, width: 40)
    }
    await #expect(processExitsWith: .failure) {
      let loss = SSIMLoss(window: .gaussian, kernels: try CPULevel.selected().kernels)
      let image = AlignedBuffer(count: 40 * 40 * 3)
      _ = loss.evaluate(
        superRes: image.pointer, highRes: image.pointer, height: 40, width: 5, weight: 1, gradient: nil,
        scratch: image.pointer)
    }
  }

  @Test(arguments: SSIMWindow.allCases)
  func ssimIsWhatItsLossLacksToOne(_ window: SSIMWindow) throws {
    let ssim = SSIM(window: window, kernels: kernels)
    let scratch = AlignedBuffer(count: ssim.scratchCount(height: 20, width: 23))
    let similarity = ssim.evaluate(
      superRes: images.superRes, highRes: images.highRes, height: 20, width: 23, scratch: scratch.pointer)
    let loss = try value(window == .box ? .ssimBox : .ssim)
    #expect(abs(similarity - (1 - loss)) < 1e-12)
  }
}
