import SRKernels

extension VectorKernels {
  package func maxPooling2DForward(
    _ shape: MaxPooling2DShape, source: UnsafePointer<Float>, destination: UnsafeMutablePointer<Float>
  ) {
    let channels = shape.channels
    for y in 0..<shape.outputHeight {
      let rows = shape.sourceRows(under: y)
      for x in 0..<shape.outputWidth {
        let columns = shape.sourceColumns(under: x)
        let output = destination + (y * shape.outputWidth + x) * channels
        for c in stride(from: 0, to: channels, by: Vector.scalarCount) {
          var maximum = Vector(repeating: -.infinity)
          for row in rows {
            for column in columns {
              let value = source.vector(at: (row * shape.inputWidth + column) * channels + c)
              maximum.replace(with: value, where: value .> maximum)
            }
          }
          output.store(maximum, at: c)
        }
      }
    }
  }

  package func maxPooling2DBackward(
    _ shape: MaxPooling2DShape, source: UnsafePointer<Float>, destination: UnsafePointer<Float>,
    gradientDestination: UnsafePointer<Float>, gradientSource: UnsafeMutablePointer<Float>
  ) {
    let channels = shape.channels
    // If each pixel lies under one window, its gradient is that of the window. Otherwise it is a sum.
    let isTiled = shape.isTiled
    if !isTiled { gradientSource.update(repeating: 0, count: shape.sourceCount) }
    for y in 0..<shape.outputHeight {
      let rows = shape.sourceRows(under: y)
      for x in 0..<shape.outputWidth {
        let columns = shape.sourceColumns(under: x)
        let output = (y * shape.outputWidth + x) * channels
        for c in stride(from: 0, to: channels, by: Vector.scalarCount) {
          let maximum = destination.vector(at: output + c)
          // What is still to be given away: a lane's gradient, until the lane's first maximum is found.
          var gradient = gradientDestination.vector(at: output + c)
          for row in rows {
            for column in columns {
              let element = (row * shape.inputWidth + column) * channels + c
              let isMaximum = source.vector(at: element) .== maximum
              let share = Vector.zero.replacing(with: gradient, where: isMaximum)
              gradient.replace(with: 0, where: isMaximum)
              gradientSource.store(
                isTiled ? share : gradientSource.vector(at: element) + share, at: element)
            }
          }
        }
      }
    }
  }
}
