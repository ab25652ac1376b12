import SRKernels

/// A small convolution of few channels, such as the 3 x 3 one that a feature network begins with, directly.
///
/// All taps of a patch, (i, j, c), fit into two vectors, so that a product with the weights keeps its sums in
/// registers: for four pixels at a time,
///
///     forward        destination[x, k] = sum over (i, j, c) of patch[x, (i, j, c)] * W[(i, j, c), k]
///     backward data  taps[x, (i, j, c)] = sum over k of gradient[x, k] * W^T[k, (i, j, c)], each added to its pixel
struct DirectNarrowConvolution: Convolution2DKernel {
  let shape: Convolution2DShape
  /// Computes the gradient by the weights, which a frozen network never asks for.
  private let im2col: Im2colConvolution

  /// Floats of a pixel's taps: two vectors.
  private static let tapStride = 32

  static func supports(_ shape: Convolution2DShape) -> Bool {
    shape.stride == 1 && shape.padding == shape.kernelSize / 2 && shape.kernelSize % 2 == 1
      && shape.kernelSize * shape.kernelSize * shape.inputChannels <= tapStride
      && shape.outputChannels % 32 == 0 && shape.inputWidth >= 4
  }

  /// - Precondition: `shape` is supported.
  init(_ shape: Convolution2DShape) {
    self.shape = shape
    im2col = Im2colConvolution(shape)
  }

  var algorithm: String { "direct" }
  var preparedForwardCount: Int { shape.weightCount }
  var preparedBackwardDataCount: Int { shape.outputChannels * Self.tapStride }
  var scratchCount: Int {
    max(paddedCount + shape.outputWidth * Self.tapStride, im2col.scratchCount)
  }

  /// Floats of one row of taps.
  private var tapRow: Int { shape.kernelSize * shape.inputChannels }
  /// Floats of one row of the source with its border.
  private var paddedRow: Int { (shape.inputWidth + 2 * shape.padding) * shape.inputChannels }
  /// Floats of the source with its border, in whole vectors.
  private var paddedCount: Int {
    roundedToVectors((shape.inputHeight + 2 * shape.padding) * paddedRow)
  }

  func prepareForward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
    prepared.update(from: weights, count: shape.weightCount)
  }

  func prepareBackwardData(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
    prepared.update(repeating: 0, count: preparedBackwardDataCount)
    for tap in 0..<shape.kernelSize * tapRow {
      for k in 0..<shape.outputChannels {
        prepared[k * Self.tapStride + tap] = weights[tap * shape.outputChannels + k]
      }
    }
  }

  func forward(
    source: UnsafePointer<Float>, preparedWeights: UnsafePointer<Float>, bias: UnsafePointer<Float>,
    activation: ConvolutionActivation, destination: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let padded = scratch
    padded.update(repeating: 0, count: paddedCount)
    for y in 0..<shape.inputHeight {
      (padded + (y + shape.padding) * paddedRow + shape.padding * shape.inputChannels)
        .update(
          from: source + y * shape.inputWidth * shape.inputChannels,
          count: shape.inputWidth * shape.inputChannels)
    }
    let floor = Vector(repeating: activation == .relu ? 0 : -.infinity)
    for y in 0..<shape.outputHeight {
      forEachQuad { x in
        let patch = padded + y * paddedRow + x * shape.inputChannels
        let output = destination + (y * shape.outputWidth + x) * shape.outputChannels
        for k in stride(from: 0, to: shape.outputChannels, by: 2 * Vector.scalarCount) {
          var sums = QuadSums(bias.vector(at: k), bias.vector(at: k + Vector.scalarCount))
          for i in 0..<shape.kernelSize {
            sums.add(
              rows: patch + i * paddedRow, pixelStride: shape.inputChannels, count: tapRow,
              matrix: preparedWeights + i * tapRow * shape.outputChannels + k,
              matrixStride: shape.outputChannels)
          }
          sums.store(to: output + k, pixelStride: shape.outputChannels, floor: floor)
        }
      }
    }
  }

  func backwardData(
    gradientDestination: UnsafePointer<Float>, preparedWeights: UnsafePointer<Float>,
    gradientSource: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let padded = scratch
    let taps = scratch + paddedCount
    let floor = Vector(repeating: -.infinity)
    padded.update(repeating: 0, count: paddedCount)
    for y in 0..<shape.outputHeight {
      let gradientRow = gradientDestination + y * shape.outputWidth * shape.outputChannels
      forEachQuad { x in
        var sums = QuadSums(.zero, .zero)
        sums.add(
          rows: gradientRow + x * shape.outputChannels, pixelStride: shape.outputChannels,
          count: shape.outputChannels, matrix: preparedWeights, matrixStride: Self.tapStride)
        sums.store(to: taps + x * Self.tapStride, pixelStride: Self.tapStride, floor: floor)
      }
      for i in 0..<shape.kernelSize {
        let row = padded + (y + i) * paddedRow
        for x in 0..<shape.outputWidth {
          let pixel = row + x * shape.inputChannels
          let share = taps + x * Self.tapStride + i * tapRow
          for tap in 0..<tapRow { pixel[tap] += share[tap] }
        }
      }
    }
    for y in 0..<shape.inputHeight {
      (gradientSource + y * shape.inputWidth * shape.inputChannels).update(
        from: padded + (y + shape.padding) * paddedRow + shape.padding * shape.inputChannels,
        count: shape.inputWidth * shape.inputChannels)
    }
  }

  func backwardWeights(
    source: UnsafePointer<Float>, gradientDestination: UnsafePointer<Float>,
    gradientWeights: UnsafeMutablePointer<Float>, gradientBias: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    im2col.backwardWeights(
      source: source, gradientDestination: gradientDestination, gradientWeights: gradientWeights,
      gradientBias: gradientBias, scratch: scratch)
  }

  /// Calls `body` with the first of each four pixels of a row; the last four may overlap those before.
  @inline(__always) private func forEachQuad(_ body: (_ x: Int) -> Void) {
    for x in stride(from: 0, to: shape.outputWidth, by: 4) { body(min(x, shape.outputWidth - 4)) }
  }
}

/// Two vectors of sums for each of four pixels.
private struct QuadSums {
  private var a0, a1, b0, b1, c0, c1, d0, d1: Vector

  @inline(__always) init(_ first: Vector, _ second: Vector) {
    (a0, b0, c0, d0) = (first, first, first, first)
    (a1, b1, c1, d1) = (second, second, second, second)
  }

  /// Adds, to each pixel's sums, its row of `count` floats times a matrix of as many rows.
  @inline(__always) mutating func add(
    rows: UnsafePointer<Float>, pixelStride: Int, count: Int, matrix: UnsafePointer<Float>,
    matrixStride: Int
  ) {
    for index in 0..<count {
      let first = matrix.vector(at: index * matrixStride)
      let second = matrix.vector(at: index * matrixStride + Vector.scalarCount)
      let a = Vector(repeating: rows[index])
      let b = Vector(repeating: rows[pixelStride + index])
      let c = Vector(repeating: rows[2 * pixelStride + index])
      let d = Vector(repeating: rows[3 * pixelStride + index])
      a0.addProduct(a, first)
      a1.addProduct(a, second)
      b0.addProduct(b, first)
      b1.addProduct(b, second)
      c0.addProduct(c, first)
      c1.addProduct(c, second)
      d0.addProduct(d, first)
      d1.addProduct(d, second)
    }
  }

  /// Stores max(sum, floor).
  @inline(__always) func store(
    to destination: UnsafeMutablePointer<Float>, pixelStride: Int, floor: Vector
  ) {
    destination.store(atLeast(a0, floor), at: 0)
    destination.store(atLeast(a1, floor), at: Vector.scalarCount)
    destination.store(atLeast(b0, floor), at: pixelStride)
    destination.store(atLeast(b1, floor), at: pixelStride + Vector.scalarCount)
    destination.store(atLeast(c0, floor), at: 2 * pixelStride)
    destination.store(atLeast(c1, floor), at: 2 * pixelStride + Vector.scalarCount)
    destination.store(atLeast(d0, floor), at: 3 * pixelStride)
    destination.store(atLeast(d1, floor), at: 3 * pixelStride + Vector.scalarCount)
  }
}
