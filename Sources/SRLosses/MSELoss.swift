import SRKernels

/// Mean squared error: mean of (superRes - highRes)^2.
package struct MSELoss: Loss {
  private let kernels: any KernelSet

  package init(kernels: any KernelSet) { self.kernels = kernels }

  package var name: String { "mse" }

  package func scratchCount(height: Int, width: Int) -> Int { 0 }

  package func evaluate(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, height: Int, width: Int, weight: Float,
    gradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>
  ) -> Double {
    let count = RGBImageShape(height: height, width: width).count
    let sum = kernels.squaredDifference(
      superRes: superRes, highRes: highRes, count: count, gradientScale: weight / Float(count),
      gradient: gradient)
    return sum / Double(count)
  }
}
