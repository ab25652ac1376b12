import SRKernels

extension VectorKernels {
  public func makeConvolution2D(_ shape: Convolution2DShape) -> any Convolution2DKernel {
    if WinogradConvolution<WinogradF4>.supports(shape) { return winograd(shape) }
    if NestedWinogradConvolution.supports(shape) { return NestedWinogradConvolution(shape) }
    if DirectNarrowConvolution.supports(shape) { return DirectNarrowConvolution(shape) }
    return Im2colConvolution(shape)
  }

  /// The tile size that needs the fewest multiplications: large tiles save more, but where they reach far over
  /// the image's edge.
  private func winograd(_ shape: Convolution2DShape) -> any Convolution2DKernel {
    func products<T: WinogradTransform>(_ transform: T.Type) -> Int {
      WinogradTiles(height: shape.inputHeight, width: shape.inputWidth, size: T.outputTile).count
        * T.frequencyCount
    }
    return products(WinogradF6.self) < products(WinogradF4.self)
      ? WinogradConvolution<WinogradF6>(shape) : WinogradConvolution<WinogradF4>(shape)
  }
}
