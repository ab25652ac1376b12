extension Reference {
  /// destination[y, x, c] = max over (i, j) of source[y * stride + i, x * stride + j, c], inside the image
  package static func maxPooling2DForward<T: BinaryFloatingPoint>(
    _ shape: MaxPooling2DShape, source: [T]
  ) -> [T] {
    var destination = [T](repeating: 0, count: shape.destinationCount)
    forEachMaximum(shape, source: source) { output, maximum in destination[output] = source[maximum] }
    return destination
  }

  /// The gradient with respect to the source, given the gradient with respect to the destination.
  package static func maxPooling2DBackward<T: BinaryFloatingPoint>(
    _ shape: MaxPooling2DShape, source: [T], gradientDestination: [T]
  ) -> [T] {
    var gradientSource = [T](repeating: 0, count: shape.sourceCount)
    forEachMaximum(shape, source: source) { output, maximum in
      gradientSource[maximum] += gradientDestination[output]
    }
    return gradientSource
  }

  /// Calls `body` with each element of the destination, and with the first largest element of the source under it.
  private static func forEachMaximum<T: BinaryFloatingPoint>(
    _ shape: MaxPooling2DShape, source: [T], _ body: (_ output: Int, _ maximum: Int) -> Void
  ) {
    for y in 0..<shape.outputHeight {
      for x in 0..<shape.outputWidth {
        for c in 0..<shape.channels {
          var maximum: Int?
          for row in shape.sourceRows(under: y) {
            for column in shape.sourceColumns(under: x) {
              let element = (row * shape.inputWidth + column) * shape.channels + c
              if let found = maximum, source[element] <= source[found] { continue }
              maximum = element
            }
          }
          guard let maximum else { preconditionFailure("no source under (\(y), \(x)) of \(shape)") }
          body((y * shape.outputWidth + x) * shape.channels + c, maximum)
        }
      }
    }
  }
}
