import SRKernels

extension VectorKernels {
  public func makeConvolution2D(_ shape: Convolution2DShape) -> any Convolution2DKernel {
    Im2colConvolution(shape)
  }
}
