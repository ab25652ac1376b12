import SRKernels

/// Charbonnier loss, a smooth absolute error: mean of sqrt((superRes - highRes)^2 + 1e-6).
///
/// Lai, Huang, Ahuja, Yang: "Deep Laplacian Pyramid Networks for Fast and Accurate Super-Resolution" (CVPR 2017).
public struct CharbonnierLoss: Loss {
  /// Square of the difference below which the loss turns from linear to quadratic.
  public static let epsilonSquared: Float = 1e-6

  private let kernels: any KernelSet

  public init(kernels: any KernelSet) { self.kernels = kernels }

  public var name: String { "charbonnier" }

  public func scratchCount(height: Int, width: Int) -> Int { 0 }

  public func evaluate(
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
