import Foundation

// The twins of LocalPoolingKernels. That of scaleAndAdd is scaleChannelsAndAdd with a scale for each value.

extension Reference {
  /// means[y, x, c] = mean over the window of (y, x) of image[row, column, c]. A window has `rows` x `columns` pixels,
  /// (rows - 1) / 2 rows above y and (columns - 1) / 2 columns before x, and is moved into the image at its edges.
  ///
  /// This is the twin of ``LocalPoolingKernels/moveWindows(entering:leaving:width:channels:group:sums:)``, from row to row, with
  /// ``LocalPoolingKernels/windowMeans(_:width:channels:group:rows:columns:means:)`` of each row.
  @_specialize(where T == Double)
  package static func windowMeans<T: BinaryFloatingPoint>(
    _ image: [T], _ shape: ImageShape, rows: Int, columns: Int
  ) -> [T] {
    var means: [T] = []
    for y in 0..<shape.height {
      let top = min(max(0, y - (rows - 1) / 2), shape.height - rows)
      for x in 0..<shape.width {
        let left = min(max(0, x - (columns - 1) / 2), shape.width - columns)
        for c in 0..<shape.channels {
          var sum: T = 0
          for row in top..<top + rows {
            for column in left..<left + columns {
              sum += image[(row * shape.width + column) * shape.channels + c]
            }
          }
          means.append(sum / T(rows * columns))
        }
      }
    }
    return means
  }

  /// activation(bias[k] + sum over c of source[pixel, c] * weights[c, k])
  @_specialize(where T == Double)
  package static func dense<T: BinaryFloatingPoint>(
    _ source: [T], inputs: Int, weights: [T], bias: [T], activation: DenseActivation
  ) -> [T] {
    var destination: [T] = []
    for first in stride(from: 0, to: source.count, by: inputs) {
      for k in bias.indices {
        var sum = bias[k]
        for c in 0..<inputs { sum += source[first + c] * weights[c * bias.count + k] }
        switch activation {
        case .identity: destination.append(sum)
        case .relu: destination.append(max(sum, 0))
        case .sigmoid: destination.append(T(1 / (1 + exp(-Double(sum)))))
        }
      }
    }
    return destination
  }
}
