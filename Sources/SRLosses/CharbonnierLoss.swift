import SRKernels

/// Charbonnier loss, a smooth absolute error: mean of sqrt((superRes - highRes)^2 + 1e-6).
///
/// Lai, Huang, Ahuja, Yang: "Deep Laplacian Pyramid Networks for Fast and Accurate Super-Resolution" (CVPR 2017).
package struct CharbonnierLoss: Loss {
  /// Square of the difference below which the loss turns from linear to quadratic.
  package static let epsilonSquared: Float = 1e-6

  private let kernels: any KernelSet

  package init(kernels: any KernelSet) { self.kernels = kernels }

  package var name: String { "charbonnier" }

  package func scratchCount(height: Int, width: Int) -> Int { 0 }

  package func evaluate(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, height: Int, width: Int, weight: Float,
    gradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>
  ) -> Double {
    let count = RGBImageShape(height: height, width: width).count
    let sum = kernels.charbonnierDifference(
      superRes: superRes, highRes: highRes, count: count, epsilonSquared: Self.epsilonSquared,
      gradientScale: weight / Float(count), gradient: gradient)
    return sum / Double(count)
  }
}
