import SRKernels
import SRLosses
import SRMetrics

/// The metrics reported of each image, beside the loss.
struct ImageMetrics: Sendable {
  /// A perceptual distance that is reported in validation where its networks are at hand.
  struct Perceptual: Sendable {
    let name: String
    let loss: any Loss
  }

  private let psnr: PSNR
  private let gaussianSSIM: SSIM
  private let boxSSIM: SSIM
  private let perceptual: Perceptual?
  private let isTraining: Bool

  /// - Parameter isTraining: leaves out all but PSNR and SSIM, which every training image gets too.
  init(isTraining: Bool, perceptual: Perceptual?, kernels: any KernelSet) {
    psnr = PSNR(kernels: kernels)
    gaussianSSIM = SSIM(window: .gaussian, kernels: kernels)
    boxSSIM = SSIM(window: .box, kernels: kernels)
    self.perceptual = isTraining ? nil : perceptual
    self.isTraining = isTraining
  }

  var names: [String] {
    isTraining
      ? ["psnr", "ssim"] : ["psnr", "ssim", "mse", "ssim_box"] + (perceptual.map { [$0.name] } ?? [])
  }

  func scratchCount(height: Int, width: Int) -> Int {
    max(
      gaussianSSIM.scratchCount(height: height, width: width),
      boxSSIM.scratchCount(height: height, width: width),
      perceptual?.loss.scratchCount(height: height, width: width) ?? 0)
  }

  /// Writes the metrics in the order of ``names``.
  ///
  /// - Parameter knownSSIM: the Gaussian SSIM where the loss has just computed it.
  func evaluate(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, height: Int, width: Int,
    knownSSIM: Double?, scratch: UnsafeMutablePointer<Float>, into values: UnsafeMutablePointer<Double>
  ) {
    let error = psnr.meanSquaredError(
      superRes: superRes, highRes: highRes, height: height, width: width)
    values[0] = PSNR.decibels(meanSquaredError: error)
    // 1 - (1 - s) is not s to the last bit: a validation's number must not depend on which loss was trained.
    values[1] =
      (isTraining ? knownSSIM : nil)
      ?? gaussianSSIM.evaluate(
        superRes: superRes, highRes: highRes, height: height, width: width, scratch: scratch)
    if isTraining { return }
    values[2] = error
    values[3] = boxSSIM.evaluate(
      superRes: superRes, highRes: highRes, height: height, width: width, scratch: scratch)
    if let perceptual {
      values[4] = perceptual.loss.evaluate(
        superRes: superRes, highRes: highRes, height: height, width: width, weight: 0, gradient: nil,
        scratch: scratch)
    }
  }
}
