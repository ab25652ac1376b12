import SRKernels

extension NestedWinogradConvolution {
  struct WideToNarrowScratch {
    let patch: Int
    let input: Int
    let inputStride: Int
    let products: Int
    let productStride: Int
    let pixels: Int
    let count: Int
  }

  var wideToNarrowScratch: WideToNarrowScratch {
    var scratch = Scratch()
    let inputStride = blockColumns * wide + 16
    let productStride = blockColumns * Self.narrowStride + 16
    return WideToNarrowScratch(
      patch: scratch.take(25 * wide), input: scratch.take(25 * inputStride),
      inputStride: inputStride, products: scratch.take(25 * productStride),
      productStride: productStride, pixels: scratch.take(9 * Self.narrowStride), count: scratch.count)
  }

  /// Layout: [frequency][panel][w][(a, b, n) of the panel], filled up with zeros to two vectors.
  func prepareWideToNarrow(
    _ weights: UnsafePointer<Float>, turned: Bool, into prepared: UnsafeMutablePointer<Float>
  ) {
    let lanes = Self.narrowStride
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 9 * lanes) { taps in
      let taps = taps.baseAddress!
      taps.update(repeating: 0, count: 9 * lanes)
      for w in 0..<wide {
        forEachTap { a, b, n, i, j in
          taps[(i * 3 + j) * lanes + (a * 3 + b) * narrow + n] =
            weights[
              weightIndex(row: 3 * a + i, column: 3 * b + j, wide: w, narrow: n, turned: turned)]
        }
        for lane in stride(from: 0, to: lanes, by: Register.scalarCount) {
          let panel = lane / MatrixMultiply.panelWidth * MatrixMultiply.panelWidth
          WinogradF3.weights(
            taps + lane, stride: lanes,
            into: prepared + panel * wide + w * MatrixMultiply.panelWidth + lane - panel,
            frequencyStride: wide * lanes)
        }
      }
    }
  }

  /// Calls `body` for each element (i, j) of each part (a, b) of the kernel and each narrow channel.
  func forEachTap(_ body: (_ a: Int, _ b: Int, _ n: Int, _ i: Int, _ j: Int) -> Void) {
    for a in 0..<3 {
      for b in 0..<3 {
        for n in 0..<narrow {
          for i in 0..<3 {
            for j in 0..<3 { body(a, b, n, i, j) }
          }
        }
      }
    }
  }

  func wideToNarrow(
    _ source: UnsafePointer<Float>, slope: Float? = nil, _ preparedWeights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, activation: ConvolutionActivation,
    into destination: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let plan = wideToNarrowScratch
    let lanes = Self.narrowStride
    let count = shape.inputHeight * shape.inputWidth * narrow
    for n in 0..<narrow {
      let start = bias?[n] ?? 0
      for index in stride(from: n, to: count, by: narrow) { destination[index] = start }
    }
    for patchRow in 0..<patchRows {
      for first in stride(from: 0, to: patchColumns, by: blockColumns) {
        let block = first..<min(first + blockColumns, patchColumns)
        transformWide(
          source, slope: slope, row: patchRow, block, patch: scratch + plan.patch, into: scratch + plan.input,
          frequencyStride: plan.inputStride)
        for frequency in 0..<25 {
          for lane in stride(from: 0, to: lanes, by: MatrixMultiply.panelWidth) {
            MatrixMultiply.panel(
              rows: block.count, vectors: MatrixMultiply.panelVectors, depth: wide,
              MatrixMultiply.Broadcast(
                base: scratch + plan.input + frequency * plan.inputStride, rowStride: wide,
                depthStride: 1),
              MatrixMultiply.Rows(
                base: preparedWeights + (frequency * lanes + lane) * wide,
                stride: MatrixMultiply.panelWidth),
              into: MatrixMultiply.Rows(
                base: scratch + plan.products + frequency * plan.productStride + lane, stride: lanes),
              accumulate: false)
          }
        }
        for column in block {
          let products = scratch + plan.products + (column - first) * lanes
          for lane in stride(from: 0, to: lanes, by: Register.scalarCount) {
            WinogradF3.output(
              products + lane, frequencyStride: plan.productStride, bias: .zero,
              floor: Register(repeating: -.infinity), into: scratch + plan.pixels + lane,
              rowStride: 3 * lanes, columnStride: lanes)
          }
          addPatch(scratch + plan.pixels, row: patchRow, column: column, to: destination)
        }
      }
    }
    if activation == .relu {
      for index in 0..<count { destination[index] = max(destination[index], 0) }
    }
  }

  /// Adds what patch (row, column) means to the tiles (row - a, column - b): pixel (i, j) of part (a, b).
  @inline(never)
  private func addPatch(
    _ pixels: UnsafePointer<Float>, row: Int, column: Int, to destination: UnsafeMutablePointer<Float>
  ) {
    let (height, width) = (shape.inputHeight, shape.inputWidth)
    let lanes = Self.narrowStride
    for a in 0..<3 {
      let y = 3 * (row - a)
      guard y >= 0 else { continue }
      for i in 0..<max(0, min(3, height - y)) {
        for b in 0..<3 {
          let x = 3 * (column - b)
          guard x >= 0 else { continue }
          for j in 0..<max(0, min(3, width - x)) {
            let pixel = destination + ((y + i) * width + x + j) * narrow
            let terms = pixels + (i * 3 + j) * lanes + (a * 3 + b) * narrow
            pixel[0] += terms[0]
            if narrow > 1 { pixel[1] += terms[1] }
            if narrow > 2 { pixel[2] += terms[2] }
          }
        }
      }
    }
  }

  /// Transforms patches of one row of the wide image, read through a PReLU where a `slope` is given: [frequency][patch][w].
  @inline(never)
  func transformWide(
    _ source: UnsafePointer<Float>, slope: Float?, row: Int, _ columns: Range<Int>,
    patch: UnsafeMutablePointer<Float>, into input: UnsafeMutablePointer<Float>, frequencyStride: Int
  ) {
    let layout = PixelLayout(height: shape.inputHeight, width: shape.inputWidth, channels: wide)
    for column in columns {
      let window = ImageWindow(
        source, layout, top: 3 * row - 4, left: 3 * column - 4, side: 5, channels: 0..<wide, slope: slope,
        patch: patch)
      // Without the two columns that it shares with this one.
      let upcoming = UpcomingPixels(
        source, layout, top: 3 * row - 4, left: 3 * min(column + 1, columns.upperBound - 1) - 2, height: 5,
        width: 3,
        channels: 0..<wide)
      let frequencies = input + (column - columns.lowerBound) * wide
      for w in stride(from: 0, to: wide, by: Register.scalarCount) {
        upcoming.fetch(step: w / Register.scalarCount)
        WinogradF3.input(
          window.pixels(channel: w, layout), rowStride: window.rowStride, columnStride: window.columnStride,
          into: frequencies + w, frequencyStride: frequencyStride)
      }
    }
  }
}
