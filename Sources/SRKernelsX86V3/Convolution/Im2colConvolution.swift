import COpenBLAS
import SRKernels

/// A convolution of any shape as matrix products: patches of the source, unrolled to rows, times the weights.
///
/// Rows of destination pixels are unrolled in blocks, so that the unrolled patches stay in the cache. The block size
/// depends on the shape alone, and OpenBLAS runs on one thread, so the bits are the same on every call.
struct Im2colConvolution: Convolution2DKernel {
  let shape: Convolution2DShape
  /// Destination rows unrolled at a time.
  private let blockRows: Int

  /// Floats of unrolled patches to hold at a time: half of a typical second-level cache.
  private static let blockFloats = 128 << 10

  init(_ shape: Convolution2DShape) {
    self.shape = shape
    let rowFloats = shape.outputWidth * shape.patchCount
    blockRows = min(shape.outputHeight, max(1, Self.blockFloats / rowFloats))
  }

  var algorithm: String { "im2col + sgemm" }
  var preparedForwardCount: Int { shape.weightCount }
  var preparedBackwardDataCount: Int { shape.weightCount }
  var scratchCount: Int { blockRows * shape.outputWidth * shape.patchCount }

  func prepareForward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
    prepared.update(from: weights, count: shape.weightCount)
  }

  func prepareBackwardData(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
    prepared.update(from: weights, count: shape.weightCount)
  }

  func forward(
    _ source: ConvolutionSource, preparedWeights: UnsafePointer<Float>, epilogue: ConvolutionEpilogue,
    destination: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    for image in 0..<source.images {
      let pixels = source.pixels + image * shape.sourceCount
      let destination = destination + image * shape.destinationCount
      forEachBlock { rows, _ in
        forward(pixels, rows: rows, preparedWeights, epilogue: epilogue, into: destination, scratch: scratch)
      }
    }
  }

  var rowStep: Int { blockRows }
  var repeatedRows: Int { 0 }
  var forwardScratchCount: Int { scratchCount }

  func forwardParts(rows: Range<Int>, threads: Int) -> Int { (rows.count + blockRows - 1) / blockRows }

  func forward(
    _ source: ConvolutionSource, rows: Range<Int>, part: Int, of parts: Int,
    preparedWeights: UnsafePointer<Float>, epilogue: ConvolutionEpilogue,
    destination: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    // The library's bits may depend on the size of a product, so each block is one product here, too.
    let blocks = (0..<(rows.count + blockRows - 1) / blockRows).part(part, of: parts)
    for block in blocks {
      let first = rows.lowerBound + block * blockRows
      forward(
        source.pixels, rows: first..<min(first + blockRows, rows.upperBound), preparedWeights,
        epilogue: epilogue, into: destination, scratch: scratch)
    }
  }

  /// One block.
  private func forward(
    _ pixels: UnsafePointer<Float>, rows: Range<Int>, _ preparedWeights: UnsafePointer<Float>,
    epilogue: ConvolutionEpilogue, into destination: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let outputs = shape.outputChannels
    let count = rows.count * shape.outputWidth
    shape.unroll(pixels, rows: rows, into: scratch)
    let block = destination + rows.lowerBound * shape.outputWidth * outputs
    for pixel in 0..<count { (block + pixel * outputs).update(from: epilogue.bias, count: outputs) }
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(count), blasint(outputs),
      blasint(shape.patchCount), 1, scratch, blasint(shape.patchCount), preparedWeights,
      blasint(outputs), 1, block, blasint(outputs))
    switch epilogue.activation {
    case .identity: break
    case .relu: for index in 0..<count * outputs { block[index] = max(block[index], 0) }
    case .prelu(let slopes):
      VectorKernels().preluForward(
        source: block, slopes: slopes, destination: block, pixels: count, channels: outputs)
    }
  }

  func backwardData(
    _ source: ConvolutionSource, gradientDestination: UnsafePointer<Float>,
    preparedWeights: UnsafePointer<Float>, gradientSource: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) -> Float? {
    let outputs = shape.outputChannels
    for image in 0..<source.images {
      let gradientDestination = gradientDestination + image * shape.destinationCount
      let gradientSource = gradientSource + image * shape.sourceCount
      gradientSource.update(repeating: 0, count: shape.sourceCount)
      forEachBlock { rows, count in
        cblas_sgemm(
          CblasRowMajor, CblasNoTrans, CblasTrans, blasint(count), blasint(shape.patchCount),
          blasint(outputs), 1, gradientDestination + rows.lowerBound * shape.outputWidth * outputs,
          blasint(outputs), preparedWeights, blasint(outputs), 0, scratch, blasint(shape.patchCount))
        shape.roll(scratch, rows: rows, addingTo: gradientSource)
      }
    }
    return nil
  }

  func backwardWeights(
    _ source: ConvolutionSource, gradientDestination: UnsafePointer<Float>,
    gradientWeights: UnsafeMutablePointer<Float>, gradientBias: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let outputs = shape.outputChannels
    gradientWeights.update(repeating: 0, count: shape.weightCount)
    forEachBlock { rows, count in
      shape.unroll(source.pixels, rows: rows, into: scratch)
      cblas_sgemm(
        CblasRowMajor, CblasTrans, CblasNoTrans, blasint(shape.patchCount), blasint(outputs),
        blasint(count), 1, scratch, blasint(shape.patchCount),
        gradientDestination + rows.lowerBound * shape.outputWidth * outputs, blasint(outputs), 1,
        gradientWeights, blasint(outputs))
    }
    sumOverPixels(
      gradientDestination, pixels: shape.outputHeight * shape.outputWidth, channels: outputs,
      into: gradientBias)
  }

  /// Calls `body` with the rows of each block of the destination and the number of their pixels.
  private func forEachBlock(_ body: (_ rows: Range<Int>, _ count: Int) -> Void) {
    for first in stride(from: 0, to: shape.outputHeight, by: blockRows) {
      let rows = first..<min(first + blockRows, shape.outputHeight)
      body(rows, rows.count * shape.outputWidth)
    }
  }
}

extension Convolution2DShape {
  /// Floats of one unrolled patch.
  fileprivate var patchCount: Int { kernelSize * kernelSize * inputChannels }

  /// Writes the patches under the destination pixels of `rows`, one after the other, each in HWI order.
  fileprivate func unroll(
    _ source: UnsafePointer<Float>, rows: Range<Int>, into patches: UnsafeMutablePointer<Float>
  ) {
    forEachPatchRow(rows) { patchRow, taps, sourcePixel in
      let patch = patches + patchRow
      let before = taps.lowerBound * inputChannels
      let inside = taps.count * inputChannels
      patch.update(repeating: 0, count: before)
      if inside > 0 { (patch + before).update(from: source + sourcePixel, count: inside) }
      (patch + before + inside).update(
        repeating: 0, count: kernelSize * inputChannels - before - inside)
    }
  }

  /// The adjoint of ``unroll(_:rows:into:)``.
  fileprivate func roll(
    _ patches: UnsafePointer<Float>, rows: Range<Int>, addingTo image: UnsafeMutablePointer<Float>
  ) {
    forEachPatchRow(rows) { patchRow, taps, sourcePixel in
      let patch = patches + patchRow + taps.lowerBound * inputChannels
      for index in 0..<taps.count * inputChannels { image[sourcePixel + index] += patch[index] }
    }
  }

  /// Calls `body` for each kernel row of each patch. It gets the row's place among the patches, the row's taps that lie
  /// inside the image (an empty range if none do), and the float at which the first of these taps lies.
  private func forEachPatchRow(
    _ rows: Range<Int>, _ body: (_ patchRow: Int, _ taps: Range<Int>, _ sourcePixel: Int) -> Void
  ) {
    var patchRow = 0
    for y in rows {
      for x in 0..<outputWidth {
        let column = x * stride - padding
        let first = min(max(0, -column), kernelSize)
        let last = max(first, min(kernelSize, inputWidth - column))
        for i in 0..<kernelSize {
          let row = y * stride + i - padding
          let taps = row >= 0 && row < inputHeight ? first..<last : 0..<0
          body(patchRow, taps, (row * inputWidth + column + first) * inputChannels)
          patchRow += kernelSize * inputChannels
        }
      }
    }
  }
}
