/// What squeeze-and-excitation over windows needs: the means over a window around each pixel, and each pixel's own gates.
///
/// The channels are taken in groups of 16, so that threads can share them. The sums are in double precision, because they are
/// made by adding what enters a window and subtracting what leaves it.
package protocol LocalPoolingKernels {
  /// Moves windows down by one row: sums[x, c] += entering[x, c] - leaving[x, c], for one group of channels.
  ///
  /// - Parameters:
  ///   - entering: a row of pixels.
  ///   - leaving: a row of pixels; nil for none.
  func moveWindows(
    entering: UnsafePointer<Float>, leaving: UnsafePointer<Float>?, width: Int, channels: Int, group: Int,
    sums: UnsafeMutablePointer<Double>)

  /// means[x, c] = sum over the columns of the window of x of sums[column, c], divided by the window's pixels, for one group of
  /// channels. A window has `columns` columns, (columns - 1) / 2 of them before x, and is moved into the image at its edges.
  ///
  /// - Precondition: `columns` is at most `width`.
  func windowMeans(
    _ sums: UnsafePointer<Double>, width: Int, channels: Int, group: Int, rows: Int, columns: Int,
    means: UnsafeMutablePointer<Float>)

  /// destination[pixel, k] = activation(bias[k] + sum over c of source[pixel, c] * weights[c, k])
  ///
  /// - Precondition: `outputs` is a multiple of 16.
  func dense(
    _ source: UnsafePointer<Float>, pixels: Int, inputs: Int, outputs: Int, weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, activation: DenseActivation, destination: UnsafeMutablePointer<Float>)

  /// destination[i] = identity[i] + image[i] * scales[i]; `destination` may be any of them.
  ///
  /// - Precondition: `count` is a multiple of 16.
  func scaleAndAdd(
    image: UnsafePointer<Float>, scales: UnsafePointer<Float>, identity: UnsafePointer<Float>,
    destination: UnsafeMutablePointer<Float>, count: Int)
}

package enum DenseActivation: Sendable {
  case identity
  /// max(0, x)
  case relu
  /// 1 / (1 + exp(-x)), within 4e-7.
  case sigmoid
}
