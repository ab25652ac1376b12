import SRKernels

extension VectorKernels {
  public func makeConvolution2D(_ shape: Convolution2DShape) -> any Convolution2DKernel {
    if WinogradConvolution<WinogradF4>.supports(shape) { return WinogradConvolution<WinogradF4>(shape) }
    if NestedWinogradConvolution.supports(shape) { return NestedWinogradConvolution(shape) }
    return Im2colConvolution(shape)
  }
}
