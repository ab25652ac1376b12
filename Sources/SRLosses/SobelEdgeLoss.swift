import SRKernels

/// Difference of edges: mean over pixels of sqrt((m(superRes) - m(highRes))^2 + 1e-6), m being the magnitude of the
/// Sobel gradient of the channels' mean, zeros beyond the edges.
package struct SobelEdgeLoss: Loss {
  private let kernels: any KernelSet

  package init(kernels: any KernelSet) { self.kernels = kernels }

  package var name: String { "edge" }

  package func scratchCount(height: Int, width: Int) -> Int {
    kernels.sobelEdgeScratchCount(RGBImageShape(height: height, width: width))
  }

  package func evaluate(
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
