/// Max pooling of NHWC images with N = 1, whose channel count is a multiple of 16.
package protocol PoolingKernels {
  /// destination[y, x, c] = max over (i, j) of source[y * stride + i, x * stride + j, c], inside the image.
  func maxPooling2DForward(
    _ shape: MaxPooling2DShape, source: UnsafePointer<Float>, destination: UnsafeMutablePointer<Float>)

  /// Overwrites `gradientSource`. The gradient of each window goes to its maximum: to the first one in row-major order if
  /// there are several (as in PyTorch). `source` and `destination` are those of the forward pass.
  func maxPooling2DBackward(
    _ shape: MaxPooling2DShape, source: UnsafePointer<Float>, destination: UnsafePointer<Float>,
    gradientDestination: UnsafePointer<Float>, gradientSource: UnsafeMutablePointer<Float>)
}

/// Sizes of a max pooling of one NHWC image with a square window, without padding.
package struct MaxPooling2DShape: Sendable, Hashable, CustomStringConvertible {
  package let inputHeight: Int
  package let inputWidth: Int
  package let channels: Int
  package let kernelSize: Int
  package let stride: Int
  /// Whether a last window that reaches beyond the edge counts (PyTorch's `ceil_mode`).
  package let ceilMode: Bool

  package init(
    inputHeight: Int, inputWidth: Int, channels: Int, kernelSize: Int, stride: Int, ceilMode: Bool = false
  ) {
    precondition(
      min(inputHeight, inputWidth) >= kernelSize && stride > 0 && kernelSize >= stride,
      "cannot pool \(inputHeight)x\(inputWidth) with windows of \(kernelSize) and stride \(stride)")
    precondition(channels % 16 == 0, "channels must be a multiple of 16, \(channels) given")
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.channels = channels
    self.kernelSize = kernelSize
    self.stride = stride
    self.ceilMode = ceilMode
  }

  package var outputHeight: Int { windows(inputHeight) }
  package var outputWidth: Int { windows(inputWidth) }
  /// Floats of the source image.
  package var sourceCount: Int { inputHeight * inputWidth * channels }
  /// Floats of the destination image.
  package var destinationCount: Int { outputHeight * outputWidth * channels }

  /// Whether each source pixel lies under exactly one window.
  package var isTiled: Bool {
    kernelSize == stride && inputHeight == outputHeight * stride && inputWidth == outputWidth * stride
  }

  /// Source rows under a destination row. They are clipped if the last window reaches beyond the edge.
  package func sourceRows(under row: Int) -> Range<Int> {
    row * stride..<min(row * stride + kernelSize, inputHeight)
  }

  /// Source columns under a destination column.
  package func sourceColumns(under column: Int) -> Range<Int> {
    column * stride..<min(column * stride + kernelSize, inputWidth)
  }

  private func windows(_ size: Int) -> Int {
    // Because kernelSize >= stride, a window of ceil mode always begins inside the image.
    (size - kernelSize + (ceilMode ? stride - 1 : 0)) / stride + 1
  }

  package var description: String {
    "max \(kernelSize)x\(kernelSize) stride \(stride)\(ceilMode ? " ceil" : "") of \(inputHeight)x\(inputWidth)x\(channels)"
  }
}
