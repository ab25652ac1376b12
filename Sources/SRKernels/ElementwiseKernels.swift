/// Loops over whole tensors that are neither convolutions nor losses.
public protocol ElementwiseKernels {
  /// destination[i] += source[i]
  func accumulate(
    _ source: UnsafePointer<Float>, into destination: UnsafeMutablePointer<Float>, count: Int)
}
