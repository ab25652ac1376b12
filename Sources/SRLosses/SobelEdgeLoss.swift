import SRKernels

/// Difference of edges: mean over pixels of sqrt((m(superRes) - m(highRes))^2 + 1e-6), m being the magnitude of the
/// Sobel gradient of the channels' mean, zeros beyond the edges.
public struct SobelEdgeLoss: Loss {
  private let kernels: any KernelSet

  public init(kernels: any KernelSet) { self.kernels = kernels }

  public var name: String { "edge" }

  public func scratchCount(height: Int, width: Int) -> Int {
    kernels.sobelEdgeScratchCount(RGBImageShape(height: height, width: width))
  }

  public func evaluate(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, height: Int, width: Int, weight: Float,
    gradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>
  ) -> Double {
    let shape = RGBImageShape(height: height, width: width)
    let sum = kernels.sobelEdgeDifference(
      superRes: superRes, highRes: highRes, shape: shape, epsilonSquared: CharbonnierLoss.epsilonSquared,
      gradientScale: weight / Float(shape.pixels), gradient: gradient, scratch: scratch)
    return sum / Double(shape.pixels)
  }
}
