import SRKernels

/// A small convolution of few channels by the direct method, such as the 3 x 3 one with which a feature network begins.
///
/// A product with the weights keeps its sums in registers, because all taps of a patch, (i, j, c), are few:
///
///     forward        destination[x, k] = sum over (i, j, c) of patch[x, (i, j, c)] * W[(i, j, c), k]
///     backward data  taps[x, (i, j, c)] = sum over k of gradient[x, k] * W^T[k, (i, j, c)]; a pixel of the source
///                    adds up its taps of all pixels around
struct DirectNarrowConvolution: Convolution2DKernel {
  let shape: Convolution2DShape
  /// Computes the gradient with respect to the weights, which a frozen network never asks for.
  private let im2col: Im2colConvolution

  /// Floats of a pixel's taps, in whole vectors.
  private var tapStride: Int { max(2 * Vector.scalarCount, roundedToVectors(shape.kernelSize * tapRow)) }

  /// The most channels that a 3 x 3 convolution may read. Other kernels may have as many taps as fill two vectors.
  private static let mostChannels = 8

  // 4 pixels by as many output channels as a panel is wide.
  #if SRDIST_X86_V4
    private typealias Block = SideBySide<FourRows>
  #else
    private typealias Block = FourRows
  #endif

  static func supports(_ shape: Convolution2DShape) -> Bool {
    shape.stride == 1 && shape.padding == shape.kernelSize / 2 && shape.kernelSize % 2 == 1
      && (shape.kernelSize * shape.kernelSize * shape.inputChannels <= 2 * Vector.scalarCount
        || (shape.kernelSize == 3 && shape.inputChannels <= mostChannels))
      && shape.outputChannels % 32 == 0 && shape.inputWidth >= Block.rows
  }

  /// - Precondition: `shape` is supported.
  init(_ shape: Convolution2DShape) {
    self.shape = shape
    im2col = Im2colConvolution(shape)
  }

  var algorithm: String { "direct" }
  var preparedForwardCount: Int { shape.weightCount }
  var preparedBackwardDataCount: Int { shape.outputChannels * tapStride }
  var scratchCount: Int {
    max(paddedCount, tapRing.count, im2col.scratchCount)
  }

  /// Floats of one row of taps.
  private var tapRow: Int { shape.kernelSize * shape.inputChannels }
  /// Floats of one row of the source with its border.
  private var paddedRow: Int { (shape.inputWidth + 2 * shape.padding) * shape.inputChannels }
  /// Rows of the destination that are computed from one copy of their source.
  private var copiedRows: Int { min(shape.outputHeight, 16) }
  /// Floats of the copy, with its border, in whole vectors.
  private var paddedCount: Int {
    roundedToVectors((copiedRows + 2 * shape.padding) * paddedRow)
  }

  func prepareForward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
    prepared.update(from: weights, count: shape.weightCount)
  }

  func prepareBackwardData(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
    prepared.update(repeating: 0, count: preparedBackwardDataCount)
    for tap in 0..<shape.kernelSize * tapRow {
      for k in 0..<shape.outputChannels {
        prepared[k * tapStride + tap] = weights[tap * shape.outputChannels + k]
      }
    }
  }

  func forward(
    _ source: ConvolutionSource, preparedWeights: UnsafePointer<Float>, epilogue: ConvolutionEpilogue,
    destination: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    for image in 0..<source.images {
      forward(
        source.pixels + image * shape.sourceCount, 0..<shape.outputHeight, preparedWeights,
        epilogue: epilogue, into: destination + image * shape.destinationCount, padded: scratch)
    }
  }

  var rowStep: Int { 1 }
  var repeatedRows: Int { 0 }
  var forwardScratchCount: Int { paddedCount }

  func forwardParts(rows: Range<Int>, threads: Int) -> Int {
    rows.count.parts(of: copiedRows, threads: threads)
  }

  func forward(
    _ source: ConvolutionSource, rows: Range<Int>, part: Int, of parts: Int,
    preparedWeights: UnsafePointer<Float>, epilogue: ConvolutionEpilogue,
    destination: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    forward(
      source.pixels, rows.part(part, of: parts), preparedWeights, epilogue: epilogue, into: destination,
      padded: scratch)
  }

  private func forward(
    _ source: UnsafePointer<Float>, _ rows: Range<Int>, _ preparedWeights: UnsafePointer<Float>,
    epilogue: ConvolutionEpilogue, into destination: UnsafeMutablePointer<Float>,
    padded: UnsafeMutablePointer<Float>
  ) {
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: copiedRows) {
      let block = first..<min(first + copiedRows, rows.upperBound)
      copy(source, rows: shape.sourceRows(for: block), below: block.lowerBound - shape.padding, to: padded)
      convolve(padded, block, preparedWeights, epilogue: epilogue, into: destination)
    }
  }

  /// Copies rows of the source, with a border of zeros. The copy begins with row `top`.
  private func copy(
    _ source: UnsafePointer<Float>, rows: Range<Int>, below top: Int, to padded: UnsafeMutablePointer<Float>
  ) {
    padded.update(repeating: 0, count: paddedCount)
    for y in rows {
      (padded + (y - top) * paddedRow + shape.padding * shape.inputChannels)
        .update(
          from: source + y * shape.inputWidth * shape.inputChannels,
          count: shape.inputWidth * shape.inputChannels)
    }
  }

  /// - Parameter padded: the copied source of the rows.
  private func convolve(
    _ padded: UnsafePointer<Float>, _ rows: Range<Int>, _ preparedWeights: UnsafePointer<Float>,
    epilogue: ConvolutionEpilogue, into destination: UnsafeMutablePointer<Float>
  ) {
    let floor = Vector(repeating: epilogue.floor)
    let prelu = epilogue.prelu
    let layout = PixelLayout(destinationOf: shape)
    for y in rows {
      for x in stride(from: 0, to: shape.outputWidth, by: Block.rows) {
        // The last block may overlap the one before.
        let x = min(x, shape.outputWidth - Block.rows)
        let patch = padded + (y - rows.lowerBound) * paddedRow + x * shape.inputChannels
        let output = destination + (y * shape.outputWidth + x) * shape.outputChannels
        for k in stride(from: 0, to: shape.outputChannels, by: MatrixMultiply.panelWidth) {
          convolve(
            patch, weights: preparedWeights + k, bias: epilogue.bias + k, into: output + k, floor: floor)
        }
        prelu?.apply(
          to: destination, layout, rows: y..<y + 1, columns: x..<x + Block.rows,
          channels: 0..<shape.outputChannels)
      }
    }
  }

  /// One ``Block`` of pixels and output channels.
  @inline(__always)
  private func convolve(
    _ patch: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>, floor: Vector
  ) {
    var sums = Block()
    withUnsafePointer(to: 1) { sums.add($0, rowStride: 0, bias) }
    var weights = weights
    for i in 0..<shape.kernelSize {
      let row = patch + i * paddedRow
      for tap in 0..<tapRow {
        sums.add(row + tap, rowStride: shape.inputChannels, weights)
        weights += shape.outputChannels
      }
    }
    sums.store(to: output, rowStride: shape.outputChannels, floor: floor)
  }

  func backwardData(
    _ source: ConvolutionSource, gradientDestination: UnsafePointer<Float>,
    preparedWeights: UnsafePointer<Float>, gradientSource: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) -> Float? {
    for image in 0..<source.images {
      backwardData(
        gradientDestination + image * shape.destinationCount, preparedWeights,
        into: gradientSource + image * shape.sourceCount, scratch: scratch)
    }
    return nil
  }

  private func backwardData(
    _ gradientDestination: UnsafePointer<Float>, _ preparedWeights: UnsafePointer<Float>,
    into gradientSource: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let ring = tapRing
    scratch.update(repeating: 0, count: ring.count)
    // A row of the source adds up the taps of the rows from `padding` above it to `padding` below it.
    for row in 0..<shape.outputHeight + shape.padding {
      if row < shape.outputHeight {
        multiplyRow(
          gradientDestination + row * shape.outputWidth * shape.outputChannels, preparedWeights,
          into: scratch + ring.pixel(row: row, column: 0))
      }
      let y = row - shape.padding
      if y >= 0 {
        addTaps(
          ring, scratch, row: y, into: gradientSource + y * shape.inputWidth * shape.inputChannels)
      }
    }
  }

  /// taps = gradient W^T, for all pixels of a row
  private func multiplyRow(
    _ gradient: UnsafePointer<Float>, _ preparedWeights: UnsafePointer<Float>,
    into taps: UnsafeMutablePointer<Float>
  ) {
    let rowCount = shape.outputWidth * shape.outputChannels
    for panel in stride(from: 0, to: tapStride, by: MatrixMultiply.panelWidth) {
      MatrixMultiply.panel(
        rows: shape.outputWidth, vectors: min(MatrixMultiply.panelWidth, tapStride - panel) / 16,
        depth: shape.outputChannels,
        MatrixMultiply.Broadcast(base: gradient, rowStride: shape.outputChannels, depthStride: 1),
        MatrixMultiply.Rows(base: preparedWeights + panel, stride: tapStride),
        into: MatrixMultiply.Rows(base: taps + panel, stride: tapStride), accumulate: false,
        ahead: UnsafeBufferPointer(start: gradient + rowCount, count: rowCount))
    }
  }

  /// gradient[x, c] = sum over (i, j) of the tap (i, j, c) of pixel (y + padding - i, x + padding - j).
  @inline(never)
  private func addTaps(
    _ ring: TapRing, _ taps: UnsafePointer<Float>, row y: Int, into gradient: UnsafeMutablePointer<Float>
  ) {
    typealias Channels = SIMD4<Float>
    let (size, channels) = (shape.kernelSize, shape.inputChannels)
    let last = y + shape.padding
    let kernelRows = max(0, last - shape.outputHeight + 1)..<min(size, last + 1)
    for x in 0..<shape.inputWidth {
      for c in stride(from: 0, to: channels, by: Channels.scalarCount) {
        var sum = Channels.zero
        for i in kernelRows.reversed() {
          let row = taps + ring.pixel(row: last - i, column: x - shape.padding)
          for column in 0..<size {
            let tap = (i * size + size - 1 - column) * channels + c
            sum += UnsafeRawPointer(row + column * tapStride + tap).loadUnaligned(as: Channels.self)
          }
        }
        for lane in 0..<min(Channels.scalarCount, channels - c) {
          gradient[x * channels + c + lane] = sum[lane]
        }
      }
    }
  }

  private var tapRing: TapRing {
    TapRing(
      rows: shape.kernelSize, width: shape.outputWidth, margin: shape.padding, pixelStride: tapStride)
  }

  func backwardWeights(
    _ source: ConvolutionSource, gradientDestination: UnsafePointer<Float>,
    gradientWeights: UnsafeMutablePointer<Float>, gradientBias: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    im2col.backwardWeights(
      source, gradientDestination: gradientDestination, gradientWeights: gradientWeights,
      gradientBias: gradientBias, scratch: scratch)
  }
}

/// The taps of as many rows of pixels as a kernel has. Each row has zeros beyond both its ends.
private struct TapRing {
  let rows: Int
  let width: Int
  let margin: Int
  let pixelStride: Int

  private var rowStride: Int { (width + 2 * margin) * pixelStride }
  /// Floats, with room for a vector that reaches over the end.
  var count: Int { rows * rowStride + 16 }

  /// Where a pixel's taps lie. `column` may be in the margin.
  @inline(__always) func pixel(row: Int, column: Int) -> Int {
    row % rows * rowStride + (column + margin) * pixelStride
  }
}
