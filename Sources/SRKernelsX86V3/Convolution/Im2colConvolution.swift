import SRKernels

/// A convolution of any shape as matrix products: patches of the source, unrolled to rows, times the weights.
///
/// Rows of destination pixels are unrolled in blocks, so that the unrolled patches stay in the cache. The size of a block
/// depends on the shape alone. The products are ``MatrixMultiply``'s, which have the same bits at every CPU level.
struct Im2colConvolution: Convolution2DKernel {
  let shape: Convolution2DShape
  /// Destination rows unrolled at a time.
  private let blockRows: Int
  /// Output channels in whole vectors.
  private let paddedOutputs: Int
  /// Floats of a patch in whole vectors.
  private let paddedPatch: Int
  /// Floats between two unrolled patches. Off powers of two, or the patches of a product would fall into one set of the cache.
  private let patchStride: Int

  /// Floats of unrolled patches to hold at a time: half of a typical second-level cache.
  private static let blockFloats = 128 << 10

  init(_ shape: Convolution2DShape) {
    self.shape = shape
    let rowFloats = shape.outputWidth * shape.patchCount
    blockRows = min(shape.outputHeight, max(1, Self.blockFloats / rowFloats))
    paddedOutputs = roundedToVectors(shape.outputChannels)
    paddedPatch = roundedToVectors(shape.patchCount)
    patchStride = paddedPatch + 16
  }

  var algorithm: String { "im2col" }
  var preparedForwardCount: Int { shape.patchCount * paddedOutputs }
  var preparedBackwardDataCount: Int { shape.outputChannels * paddedPatch }
  private var blockPixels: Int { blockRows * shape.outputWidth }
  /// Where the scratch memory has a panel of a product's result, of which only some columns are wanted.
  private var panelOffset: Int { blockPixels * patchStride }
  /// Where it has a panel of gradients, padded with zeros.
  private var gradientOffset: Int { panelOffset + max(blockPixels, shape.patchCount) * panelWidth }
  var scratchCount: Int { gradientOffset + blockPixels * panelWidth }

  @inline(__always) private var panelWidth: Int { MatrixMultiply.panelWidth }

  /// Layout: [panel][patch element][output channel of the panel], padded with zeros to whole vectors.
  func prepareForward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
    forEachPanel(of: paddedOutputs) { panel, width in
      let destination = prepared + panel * shape.patchCount
      let count = min(width, shape.outputChannels - panel)
      for element in 0..<shape.patchCount {
        let row = destination + element * width
        row.update(from: weights + element * shape.outputChannels + panel, count: count)
        (row + count).update(repeating: 0, count: width - count)
      }
    }
  }

  /// Layout: [panel][output channel][patch element of the panel], padded with zeros to whole vectors.
  func prepareBackwardData(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
    let outputs = shape.outputChannels
    forEachPanel(of: paddedPatch) { panel, width in
      let destination = prepared + panel * outputs
      for lane in 0..<width {
        let element = panel + lane
        guard element < shape.patchCount else {
          for k in 0..<outputs { destination[k * width + lane] = 0 }
          continue
        }
        for k in 0..<outputs { destination[k * width + lane] = weights[element * outputs + k] }
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
        epilogue: epilogue, into: destination + image * shape.destinationCount, scratch: scratch)
    }
  }

  var rowStep: Int { 1 }
  var repeatedRows: Int { 0 }
  var forwardScratchCount: Int { scratchCount }

  func forwardParts(rows: Range<Int>, threads: Int) -> Int {
    rows.count.parts(of: blockRows, threads: threads)
  }

  func forward(
    _ source: ConvolutionSource, rows: Range<Int>, part: Int, of parts: Int,
    preparedWeights: UnsafePointer<Float>, epilogue: ConvolutionEpilogue,
    destination: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    forward(
      source.pixels, rows.part(part, of: parts), preparedWeights, epilogue: epilogue, into: destination,
      scratch: scratch)
  }

  private func forward(
    _ source: UnsafePointer<Float>, _ rows: Range<Int>, _ preparedWeights: UnsafePointer<Float>,
    epilogue: ConvolutionEpilogue, into destination: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let outputs = shape.outputChannels
    forEachBlock(rows) { rows, count in
      shape.unroll(source, rows: rows, into: scratch, patchStride: patchStride)
      let block = destination + rows.lowerBound * shape.outputWidth * outputs
      forEachPanel(of: paddedOutputs) { panel, width in
        let isWhole = panel + width <= outputs
        let result =
          isWhole
          ? MatrixMultiply.Rows(base: block + panel, stride: outputs)
          : MatrixMultiply.Rows(base: scratch + panelOffset, stride: width)
        multiply(
          rows: count, width: width, depth: shape.patchCount,
          MatrixMultiply.Broadcast(base: scratch, rowStride: patchStride, depthStride: 1),
          preparedWeights + panel * shape.patchCount, into: result)
        finish(
          result, pixels: count, columns: min(width, outputs - panel), epilogue.bias + panel,
          floor: epilogue.floor, into: block + panel)
      }
      if let prelu = epilogue.prelu {
        VectorKernels().preluForward(
          source: block, slopes: prelu.slopes, destination: block, pixels: count, channels: outputs)
      }
    }
  }

  /// destination = max(floor, bias + result), for the columns of a panel.
  @inline(never)
  private func finish(
    _ result: MatrixMultiply.Rows<UnsafeMutablePointer<Float>>, pixels: Int, columns: Int,
    _ bias: UnsafePointer<Float>, floor: Float, into destination: UnsafeMutablePointer<Float>
  ) {
    let floors = Vector(repeating: floor)
    let whole = columns / Vector.scalarCount * Vector.scalarCount
    for pixel in 0..<pixels {
      let values = UnsafePointer(result.base + pixel * result.stride)
      let output = destination + pixel * shape.outputChannels
      for k in stride(from: 0, to: whole, by: Vector.scalarCount) {
        output.store(atLeast(bias.vector(at: k) + values.vector(at: k), floors), at: k)
      }
      for k in whole..<columns {
        let value = bias[k] + values[k]
        output[k] = value < floor ? floor : value
      }
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
      forEachBlock(0..<shape.outputHeight) { rows, count in
        forEachPanel(of: paddedPatch) { panel, width in
          multiply(
            rows: count, width: width, depth: outputs,
            MatrixMultiply.Broadcast(
              base: gradientDestination + rows.lowerBound * shape.outputWidth * outputs,
              rowStride: outputs, depthStride: 1),
            preparedWeights + panel * outputs,
            into: MatrixMultiply.Rows(base: scratch + panel, stride: patchStride))
        }
        shape.roll(scratch, rows: rows, patchStride: patchStride, addingTo: gradientSource)
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
    forEachBlock(0..<shape.outputHeight) { rows, count in
      shape.unroll(source.pixels, rows: rows, into: scratch, patchStride: patchStride)
      let gradient = gradientDestination + rows.lowerBound * shape.outputWidth * outputs
      let patches = MatrixMultiply.Broadcast(base: scratch, rowStride: 1, depthStride: patchStride)
      forEachPanel(of: paddedOutputs) { panel, width in
        if panel + width <= outputs {
          MatrixMultiply.panel(
            rows: shape.patchCount, vectors: width / 16, depth: count, patches,
            MatrixMultiply.Rows(base: gradient + panel, stride: outputs),
            into: MatrixMultiply.Rows(base: gradientWeights + panel, stride: outputs),
            accumulate: rows.lowerBound > 0)
        } else {
          addLastPanel(
            gradient + panel, pixels: count, columns: outputs - panel, width: width, patches,
            isFirst: rows.lowerBound == 0, to: gradientWeights + panel, scratch: scratch)
        }
      }
    }
    sumOverPixels(
      gradientDestination, pixels: shape.outputHeight * shape.outputWidth, channels: outputs,
      into: gradientBias)
  }

  /// The gradient with respect to the weights of the last output channels, which fill no whole panel: its product takes a copy
  /// of the gradient that is padded with zeros, and is added to the weights' gradient, or written over it if `isFirst`.
  @inline(never)
  private func addLastPanel(
    _ gradient: UnsafePointer<Float>, pixels: Int, columns: Int, width: Int,
    _ patches: MatrixMultiply.Broadcast, isFirst: Bool, to gradientWeights: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let (padded, products) = (scratch + gradientOffset, scratch + panelOffset)
    for pixel in 0..<pixels {
      let row = padded + pixel * width
      row.update(from: gradient + pixel * shape.outputChannels, count: columns)
      (row + columns).update(repeating: 0, count: width - columns)
    }
    multiply(
      rows: shape.patchCount, width: width, depth: pixels, patches, padded,
      into: MatrixMultiply.Rows(base: products, stride: width))
    for element in 0..<shape.patchCount {
      let (row, sums) = (gradientWeights + element * shape.outputChannels, products + element * width)
      for k in 0..<columns { row[k] = isFirst ? sums[k] : row[k] + sums[k] }
    }
  }

  /// result = A B, where B is one panel of rows that follow one another. The next panel is brought into the cache meanwhile.
  @inline(__always)
  private func multiply(
    rows: Int, width: Int, depth: Int, _ a: MatrixMultiply.Broadcast, _ panel: UnsafePointer<Float>,
    into result: MatrixMultiply.Rows<UnsafeMutablePointer<Float>>
  ) {
    MatrixMultiply.panel(
      rows: rows, vectors: width / 16, depth: depth, a, MatrixMultiply.Rows(base: panel, stride: width),
      into: result, accumulate: false,
      ahead: UnsafeBufferPointer(start: panel + width * depth, count: width * depth))
  }

  /// Calls `body` with the first column and the width of each panel.
  @inline(__always)
  private func forEachPanel(of columns: Int, _ body: (_ panel: Int, _ width: Int) -> Void) {
    for panel in stride(from: 0, to: columns, by: panelWidth) {
      body(panel, min(panelWidth, columns - panel))
    }
  }

  /// Calls `body` with the rows of each block of these rows of the destination and the number of their pixels.
  @inline(__always)
  private func forEachBlock(_ rows: Range<Int>, _ body: (_ rows: Range<Int>, _ count: Int) -> Void) {
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: blockRows) {
      let block = first..<min(first + blockRows, rows.upperBound)
      body(block, block.count * shape.outputWidth)
    }
  }
}

extension Convolution2DShape {
  /// Floats of one unrolled patch.
  fileprivate var patchCount: Int { kernelSize * kernelSize * inputChannels }

  /// Writes the patches under the destination pixels of `rows`, one every `patchStride` floats, each in HWI order.
  fileprivate func unroll(
    _ source: UnsafePointer<Float>, rows: Range<Int>, into patches: UnsafeMutablePointer<Float>,
    patchStride: Int
  ) {
    forEachPatchRow(rows, patchStride: patchStride) { patchRow, taps, sourcePixel in
      let patch = patches + patchRow
      let before = taps.lowerBound * inputChannels
      let inside = taps.count * inputChannels
      patch.update(repeating: 0, count: before)
      if inside > 0 { (patch + before).update(from: source + sourcePixel, count: inside) }
      (patch + before + inside).update(
        repeating: 0, count: kernelSize * inputChannels - before - inside)
    }
  }

  /// The adjoint of ``unroll(_:rows:into:patchStride:)``.
  fileprivate func roll(
    _ patches: UnsafePointer<Float>, rows: Range<Int>, patchStride: Int,
    addingTo image: UnsafeMutablePointer<Float>
  ) {
    forEachPatchRow(rows, patchStride: patchStride) { patchRow, taps, sourcePixel in
      let patch = patches + patchRow + taps.lowerBound * inputChannels
      for index in 0..<taps.count * inputChannels { image[sourcePixel + index] += patch[index] }
    }
  }

  /// Calls `body` for each kernel row of each patch. It gets the row's place among the patches, the row's taps that lie
  /// inside the image (an empty range if none do), and the float at which the first of these taps lies.
  private func forEachPatchRow(
    _ rows: Range<Int>, patchStride: Int,
    _ body: (_ patchRow: Int, _ taps: Range<Int>, _ sourcePixel: Int) -> Void
  ) {
    var patch = 0
    for y in rows {
      for x in 0..<outputWidth {
        let column = x * stride - padding
        let first = min(max(0, -column), kernelSize)
        let last = max(first, min(kernelSize, inputWidth - column))
        for i in 0..<kernelSize {
          let row = y * stride + i - padding
          let taps = row >= 0 && row < inputHeight ? first..<last : 0..<0
          body(
            patch + i * kernelSize * inputChannels, taps, (row * inputWidth + column + first) * inputChannels)
        }
        patch += patchStride
      }
    }
  }
}
