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

  /// The metrics of an image pair, by name.
  private func metrics(
    _ superRes: [Float], _ highRes: [Float], gaussianSSIM: Double? = nil
  ) -> [String: Double] {
    let metrics = Metric.pixelMetrics
    let scratch = AlignedBuffer(count: metrics.scratchCount(images.shape, kernels: kernels))
    var values = [Double](repeating: .nan, count: metrics.count)
    withPair(superRes, highRes, images.shape) { pair in
      var measured = MeasuredPair(
        pair, scratch: scratch.pointer, kernels: kernels, gaussianSSIM: gaussianSSIM)
      metrics.evaluate(&measured, into: &values)
    }
    return Dictionary(uniqueKeysWithValues: zip(metrics.map(\.name), values))
  }

  private func loss(_ name: String) throws -> Double {
    let loss = try #require(lossKind(name).pixelLoss(kernels: kernels))
    return LossRun.value(loss, superRes: images.superRes, highRes: images.highRes, shape: images.shape)
  }

  /// Logs, checkpoints and scripts use these names in this order.
  @Test func namesAndOrder() {
    #expect(Metric.pixelMetrics.map(\.name) == ["psnr", "ssim", "mse", "ssim_box", "lr_psnr"])
    #expect(Metric.pixelMetrics.filter(\.description.isForTraining).map(\.name) == ["psnr", "ssim"])
  }

  @Test func psnrIsMinusTenLogarithmsOfTheError() throws {
    let measured = metrics(images.superRes, images.highRes)
    let error = try loss("mse")
    #expect(measured["mse"] == error)
    #expect(abs(try #require(measured["psnr"]) - -10 * log10(error)) < 1e-12)
    // Every value is off by a tenth and outside 0...1. That gives 20 dB, because nothing is clamped.
    let far = images.highRes.map { $0 + 1.9 }
    let twenty = try #require(metrics(far.map { $0 + 0.1 }, far)["psnr"])
    #expect(abs(twenty - 20) < 1e-4)
  }

  /// These pairs have a scale of 1, at which the reduction leaves an image as it is.
  @Test func lowResPSNRComparesWithTheInput() throws {
    let measured = metrics(images.superRes, images.highRes)
    #expect(abs(try #require(measured["lr_psnr"]) - #require(measured["psnr"])) < 1e-4)
    let error = try loss("consistency")
    #expect(abs(try #require(measured["lr_psnr"]) - -10 * log10(error)) < 1e-12)
  }

  @Test func psnrOfEqualImagesIsAHundred() {
    #expect(metrics(images.highRes, images.highRes)["psnr"] == 100)
  }

  /// SSIM's window mirrors the five pixels next to each edge pixel. A side of five pixels has only four of them.
  @Test func ssimOfTooSmallImagesIsRefused() async {
    await #expect(processExitsWith: .failure) {
      _ = Metric.pixelMetrics.scratchCount(
        ImageShape(height: 5, width: 40), kernels: try CPULevel.selected().kernels)
    }
    await #expect(processExitsWith: .failure) {
      let image = AlignedBuffer(count: 40 * 40 * 3)
      let pair = ImagePair(
        superRes: image.pointer, highRes: image.pointer, shape: ImageShape(height: 40, width: 5))
      let loss = lossKind("ssim").pixelLoss(kernels: try CPULevel.selected().kernels)
      _ = loss?.evaluate([pair], weight: 1, scratch: image.pointer)
    }
  }

  @Test func ssimIsWhatItsLossLacksToOne() throws {
    let measured = metrics(images.superRes, images.highRes)
    for name in ["ssim", "ssim_box"] {
      #expect(abs(try #require(measured[name]) - (1 - loss(name))) < 1e-12)
    }
  }

  /// Training has the SSIM from the loss. It is the SSIM with the Gaussian window, not the one with the box window.
  @Test func aKnownSSIMIsNotComputedAgain() {
    let known = metrics(images.superRes, images.highRes, gaussianSSIM: 0.125)
    let computed = metrics(images.superRes, images.highRes)
    #expect(known["ssim"] == 0.125)
    #expect(known["ssim_box"] == computed["ssim_box"] && computed["ssim"] != 0.125)
  }

  @Test func betterIsWhatTheMetricSays() {
    #expect(MetricDescription.psnr.isBetter(31, than: 30) && !MetricDescription.psnr.isBetter(30, than: 30))
    #expect(
      MetricDescription.lpips.isBetter(0.1, than: 0.2) && !MetricDescription.lpips.isBetter(.nan, than: 1))
  }
}
