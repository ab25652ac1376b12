import SRKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Peak signal-to-noise ratio of one RGB image pair, intensities 0...1 and not clamped: -10 log10(MSE) decibels, the
/// MSE floored at 1e-10 (100 dB).
package struct PSNR: Sendable {
  /// Mean squared errors below this count as this.
  package static let smallestError = 1e-10

  private let kernels: any KernelSet

  package init(kernels: any KernelSet) { self.kernels = kernels }

  /// Decibels that a mean squared error stands for.
  package static func decibels(meanSquaredError: Double) -> Double {
    -10 * log10(max(meanSquaredError, smallestError))
  }

  /// Mean squared error of one image pair.
  package func meanSquaredError(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, height: Int, width: Int
  ) -> Double {
    let count = RGBImageShape(height: height, width: width).count
    let sum = kernels.squaredDifference(
      superRes: superRes, highRes: highRes, count: count, gradientScale: 0, gradient: nil)
    return sum / Double(count)
  }

  /// Decibels of one image pair.
  package func evaluate(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, height: Int, width: Int
  ) -> Double {
    Self.decibels(
      meanSquaredError: meanSquaredError(
        superRes: superRes, highRes: highRes, height: height, width: width))
  }
}
