import SRKernels

/// The vector kernels, compiled for this module's CPU level.
public struct VectorKernels: KernelSet {
  public init() {}

  public var levelName: String {
    #if SRDIST_X86_V4
      #if arch(x86_64)
        return "x86-64-v4"
      #else
        return "generic"
      #endif
    #else
      return "x86-64-v3"
    #endif
  }

  public func makeConvolution2D(_ shape: Convolution2DShape) -> any Convolution2DKernel {
    fatalError("no convolution yet")
  }
}

extension VectorKernels {
  public func accumulate(
    _ source: UnsafePointer<Float>, into destination: UnsafeMutablePointer<Float>, count: Int
  ) {
    for index in 0..<count { destination[index] += source[index] }
  }
}
