import SRKernels

extension VectorKernels {
  package func makeConvolution2D(_ shape: Convolution2DShape) -> any Convolution2DKernel {
    if WinogradConvolution<WinogradF4>.supports(shape) { return winograd(shape) }
    if NestedWinogradConvolution.supports(shape) { return NestedWinogradConvolution(shape) }
    if DirectNarrowConvolution.supports(shape) { return DirectNarrowConvolution(shape) }
    return Im2colConvolution(shape)
  }

  /// The tile size that takes the least time. Large tiles save multiplications, but reach further over the image's edge and
  /// have more weights to read.
  private func winograd(_ shape: Convolution2DShape) -> any Convolution2DKernel {
    // For each pair of channels, in multiplications. A weight from memory takes as long as about ten of them.
    func cost<T: WinogradTransform>(_ transform: T.Type) -> Int {
      let tiles = WinogradTiles(height: shape.inputHeight, width: shape.inputWidth, size: T.outputTile).count
      return T.frequencyCount * (tiles + 10)
    }
    let (two, four, six) = (cost(WinogradF2.self), cost(WinogradF4.self), cost(WinogradF6.self))
    if six < min(two, four) { return WinogradConvolution<WinogradF6>(shape) }
    return two < four ? WinogradConvolution<WinogradF2>(shape) : WinogradConvolution<WinogradF4>(shape)
  }
}
