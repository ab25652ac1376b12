import SRKernels

extension VectorKernels {
  package func sobelEdgeScratchCount(_ shape: ImageShape) -> Int {
    4 * BorderedPlane.count(shape)
  }

  package func sobelEdgeDifference(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, shape: ImageShape,
    epsilonSquared: Float, gradientScale: Float, gradient: UnsafeMutablePointer<Float>?,
    scratch: UnsafeMutablePointer<Float>
  ) -> Double {
    let planeCount = BorderedPlane.count(shape)
    let superMean = BorderedPlane(shape, memory: scratch)
    let highMean = BorderedPlane(shape, memory: scratch + planeCount)
    superMean.fillWithChannelMeans(of: superRes)
    highMean.fillWithChannelMeans(of: highRes)
    let slopesX = BorderedPlane(shape, memory: scratch + 2 * planeCount)
    let slopesY = BorderedPlane(shape, memory: scratch + 3 * planeCount)

    let epsilons = Vector(repeating: epsilonSquared)
    var total = 0.0
    for y in 0..<shape.height {
      var sum = Vector.zero
      for x in stride(from: 0, to: shape.width, by: Vector.scalarCount) {
        let (gx, gy) = superMean.sobel(y: y, x: x)
        let (targetX, targetY) = highMean.sobel(y: y, x: x)
        let magnitude = (gx * gx).addingProduct(gy, gy).squareRoot()
        let target = (targetX * targetX).addingProduct(targetY, targetY).squareRoot()
        let difference = magnitude - target
        let root = epsilons.addingProduct(difference, difference).squareRoot()
        sum += root.first(shape.width - x)
        guard gradient != nil else { continue }
        let slope = (difference / root / magnitude * gradientScale)
          .replacing(with: 0, where: magnitude .<= 0).first(shape.width - x)
        slopesX.row(y).store(slope * gx, at: x)
        slopesY.row(y).store(slope * gy, at: x)
      }
      total += Double(sum.sum())
    }
    if let gradient { addSobelGradient(slopesX, slopesY, shape: shape, to: gradient) }
    return total
  }

  /// The adjoint of the two Sobel correlations. These are odd, so the adjoint is their negative, applied to the slopes.
  /// Each channel gets an equal share.
  private func addSobelGradient(
    _ slopesX: BorderedPlane, _ slopesY: BorderedPlane, shape: ImageShape,
    to gradient: UnsafeMutablePointer<Float>
  ) {
    let share = -1 / Float(shape.channels)
    for y in 0..<shape.height {
      let row = gradient + y * shape.rowCount
      for x in stride(from: 0, to: shape.width, by: Vector.scalarCount) {
        let byMean = (slopesX.sobel(y: y, x: x).gx + slopesY.sobel(y: y, x: x).gy) * share
        for lane in 0..<min(Vector.scalarCount, shape.width - x) {
          let pixel = row + (x + lane) * shape.channels
          if shape.channels == ImageShape.rgbChannels {
            pixel[0] += byMean[lane]
            pixel[1] += byMean[lane]
            pixel[2] += byMean[lane]
          } else {
            for channel in 0..<shape.channels { pixel[channel] += byMean[lane] }
          }
        }
      }
    }
  }
}

/// A one-channel image with zeros around it.
private struct BorderedPlane {
  private let height: Int
  private let width: Int
  private let channels: Int
  private let stride: Int
  private let memory: UnsafeMutablePointer<Float>

  /// Floats before each row. The padding of a row is also the border behind the previous one.
  private static let margin = 16

  private static func stride(_ shape: ImageShape) -> Int { roundedToVectors(shape.width) + margin }

  static func count(_ shape: ImageShape) -> Int { (shape.height + 2) * stride(shape) + margin }

  init(_ shape: ImageShape, memory: UnsafeMutablePointer<Float>) {
    height = shape.height
    width = shape.width
    channels = shape.channels
    stride = Self.stride(shape)
    self.memory = memory
    memory.update(repeating: 0, count: Self.count(shape))
  }

  /// First float of row -1...height.
  @inline(__always) func row(_ y: Int) -> UnsafeMutablePointer<Float> {
    memory + (y + 1) * stride + Self.margin
  }

  func fillWithChannelMeans(of image: UnsafePointer<Float>) {
    let count = Float(channels)
    for y in 0..<height {
      let source = image + y * width * channels
      let destination = row(y)
      if channels == ImageShape.rgbChannels {
        for x in 0..<width {
          let pixel = source + x * ImageShape.rgbChannels
          destination[x] = (pixel[0] + pixel[1] + pixel[2]) / 3
        }
      } else {
        for x in 0..<width {
          let pixel = source + x * channels
          var sum = pixel[0]
          for channel in 1..<channels { sum += pixel[channel] }
          destination[x] = sum / count
        }
      }
    }
  }

  /// Horizontal and vertical Sobel correlations around sixteen consecutive pixels.
  @inline(__always) func sobel(y: Int, x: Int) -> (gx: Vector, gy: Vector) {
    let above = row(y - 1)
    let here = row(y)
    let below = row(y + 1)
    let diagonalX =
      (above.vector(at: x + 1) - above.vector(at: x - 1))
      + (below.vector(at: x + 1) - below.vector(at: x - 1))
    let diagonalY =
      (below.vector(at: x - 1) - above.vector(at: x - 1))
      + (below.vector(at: x + 1) - above.vector(at: x + 1))
    return (
      diagonalX.addingProduct(here.vector(at: x + 1) - here.vector(at: x - 1), Vector(repeating: 2)),
      diagonalY.addingProduct(below.vector(at: x) - above.vector(at: x), Vector(repeating: 2))
    )
  }
}
