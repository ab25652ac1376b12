import SRKernels

/// The metrics of plain bicubic upsampling, which a trained model must beat: those of the upsampled low-resolution
/// image (uint8, as an image library gives it) taken as the super-resolved one.
public struct BicubicBaseline: Sendable {
  public struct Values: Sendable, Hashable {
    /// Decibels.
    public var psnr: Double
    /// Gaussian window.
    public var ssim: Double

    public init(psnr: Double, ssim: Double) {
      self.psnr = psnr
      self.ssim = ssim
    }
  }

  private let psnr: PSNR
  private let ssim: SSIM

  public init(kernels: any KernelSet) {
    psnr = PSNR(kernels: kernels)
    ssim = SSIM(kernels: kernels)
  }

  /// Floats of scratch memory that one evaluation needs.
  public func scratchCount(height: Int, width: Int) -> Int {
    alignedCount(height: height, width: width) + ssim.scratchCount(height: height, width: width)
  }

  /// Floats of the converted image, up to the next 64-byte boundary.
  private func alignedCount(height: Int, width: Int) -> Int {
    (RGBImageShape(height: height, width: width).count + 15) / 16 * 16
  }

  /// PSNR and SSIM of one upsampled image; `scratch` is 64-byte aligned and private to the calling thread.
  public func evaluate(
    upsampled: UnsafePointer<UInt8>, highRes: UnsafePointer<Float>, height: Int, width: Int,
    scratch: UnsafeMutablePointer<Float>
  ) -> Values {
    let count = RGBImageShape(height: height, width: width).count
    for index in 0..<count { scratch[index] = Float(upsampled[index]) / 255 }
    return Values(
      psnr: psnr.evaluate(superRes: scratch, highRes: highRes, height: height, width: width),
      ssim: ssim.evaluate(
        superRes: scratch, highRes: highRes, height: height, width: width,
        scratch: scratch + alignedCount(height: height, width: width)))
  }
}
