import SRKernels

/// Mean squared error: mean of (superRes - highRes)^2.
public struct MSELoss: Loss {
  private let kernels: any KernelSet

  public init(kernels: any KernelSet) { self.kernels = kernels }

  public var name: String { "mse" }

  public func scratchCount(height: Int, width: Int) -> Int { 0 }

  public func evaluate(
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
