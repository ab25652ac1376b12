/// Naive twins of the vector kernels: the definition, loop by loop, generic over the element type.
///
/// Tests compare every fast kernel with its twin here. They compare the gradients here (in `Double`) with finite differences
/// or, if a map is linear, with its adjoint.
package enum Reference {}

/// The twins of ``Convolution2DKernel``'s passes, of one image. With a `slope`, the source is read through a PReLU.
extension Reference {
  /// destination[y, x, k] = activation(bias[k] + sum over (i, j, c) of
  /// f(source[y * stride + i - padding, x * stride + j - padding, c]) * weights[i, j, c, k])
  ///
  /// - Parameter resultSlopes: a slope of the activation for each k; nil for the identity. Zeros make it a ReLU.
  @_specialize(where T == Double)
  package static func convolution2DForward<T: BinaryFloatingPoint>(
    _ shape: Convolution2DShape, source: [T], slope: T? = nil, weights: [T], bias: [T],
    resultSlopes: [T]? = nil
  ) -> [T] {
    let read = activated(source, slope: slope)
    var destination = [T](repeating: 0, count: shape.destinationCount)
    for y in 0..<shape.outputHeight {
      for x in 0..<shape.outputWidth {
        var pixel = bias
        forEachTap(shape, y: y, x: x) { sourcePixel, weightRow in
          for c in 0..<shape.inputChannels {
            let value = read[sourcePixel + c]
            let row = weightRow + c * shape.outputChannels
            for k in 0..<shape.outputChannels { pixel[k] += value * weights[row + k] }
          }
        }
        for k in 0..<shape.outputChannels {
          let slope = pixel[k] > 0 ? 1 : resultSlopes?[k] ?? 1
          destination[shape.destinationIndex(row: y, column: x, channel: k)] = slope * pixel[k]
        }
      }
    }
    return destination
  }

  /// The gradients with respect to the source and to the slope (nil without one), given the gradient with respect to the
  /// destination before the activation.
  @_specialize(where T == Double)
  package static func convolution2DBackwardData<T: BinaryFloatingPoint>(
    _ shape: Convolution2DShape, source: [T], slope: T? = nil, gradientDestination: [T], weights: [T]
  ) -> (source: [T], slope: T?) {
    var gradientRead = [T](repeating: 0, count: shape.sourceCount)
    for y in 0..<shape.outputHeight {
      for x in 0..<shape.outputWidth {
        let pixel = gathered(shape, gradientDestination, y: y, x: x)
        forEachTap(shape, y: y, x: x) { sourcePixel, weightRow in
          for c in 0..<shape.inputChannels {
            let row = weightRow + c * shape.outputChannels
            var sum: T = 0
            for k in 0..<shape.outputChannels { sum += pixel[k] * weights[row + k] }
            gradientRead[sourcePixel + c] += sum
          }
        }
      }
    }
    guard let slope else { return (gradientRead, nil) }
    return preluBackward(source: source, slope: slope, gradientDestination: gradientRead)
  }

  /// The gradients with respect to the weights (HWIO) and the bias, given the gradient with respect to the destination before
  /// the activation.
  @_specialize(where T == Double)
  package static func convolution2DBackwardWeights<T: BinaryFloatingPoint>(
    _ shape: Convolution2DShape, source: [T], slope: T? = nil, gradientDestination: [T]
  ) -> (weights: [T], bias: [T]) {
    let read = activated(source, slope: slope)
    var gradientWeights = [T](repeating: 0, count: shape.weightCount)
    var gradientBias = [T](repeating: 0, count: shape.outputChannels)
    for y in 0..<shape.outputHeight {
      for x in 0..<shape.outputWidth {
        let pixel = gathered(shape, gradientDestination, y: y, x: x)
        for k in 0..<shape.outputChannels { gradientBias[k] += pixel[k] }
        forEachTap(shape, y: y, x: x) { sourcePixel, weightRow in
          for c in 0..<shape.inputChannels {
            let value = read[sourcePixel + c]
            let row = weightRow + c * shape.outputChannels
            for k in 0..<shape.outputChannels { gradientWeights[row + k] += value * pixel[k] }
          }
        }
      }
    }
    return (gradientWeights, gradientBias)
  }

  /// What a convolution reads of its source.
  private static func activated<T: BinaryFloatingPoint>(_ source: [T], slope: T?) -> [T] {
    slope.map { preluForward(source: source, slope: $0) } ?? source
  }

  /// The output channels of one pixel, wherever the shape puts them.
  private static func gathered<T>(_ shape: Convolution2DShape, _ destination: [T], y: Int, x: Int) -> [T] {
    (0..<shape.outputChannels).map { destination[shape.destinationIndex(row: y, column: x, channel: $0)] }
  }

  /// Calls `body` with the first element of each source pixel and of each weight tap that destination pixel
  /// (y, x) touches.
  private static func forEachTap(
    _ shape: Convolution2DShape, y: Int, x: Int, _ body: (_ sourcePixel: Int, _ weightRow: Int) -> Void
  ) {
    for i in 0..<shape.kernelSize {
      let row = y * shape.stride + i - shape.padding
      guard row >= 0, row < shape.inputHeight else { continue }
      for j in 0..<shape.kernelSize {
        let column = x * shape.stride + j - shape.padding
        guard column >= 0, column < shape.inputWidth else { continue }
        body(
          (row * shape.inputWidth + column) * shape.inputChannels,
          (i * shape.kernelSize + j) * shape.inputChannels * shape.outputChannels)
      }
    }
  }
}
