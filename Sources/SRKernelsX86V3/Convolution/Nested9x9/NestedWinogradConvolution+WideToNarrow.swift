import SRKernels

extension NestedWinogradConvolution {
  struct WideToNarrowScratch {
    let patch: Int
    let input: Int
    let inputStride: Int
    let products: Int
    let productStride: Int
    /// One patch's 3 x 3 pixels: [i][j][(a, b, n)].
    let pixels: Int
    /// Three rows of tiles to which patches still add: [row % 3][patch column][i][j][(b, n)].
    let tiles: Int
    let count: Int
  }

  /// Floats of (b, n) in the sums of a tile, in whole vectors.
  private var sumStride: Int { roundedToVectors(3 * narrow) }
  private var tileRowStride: Int { patchColumns * 9 * sumStride }

  var wideToNarrowScratch: WideToNarrowScratch {
    var scratch = Scratch()
    let inputStride = blockColumns * wide + 16
    let productStride = blockColumns * narrowStride + 16
    return WideToNarrowScratch(
      patch: scratch.take(25 * wide), input: scratch.take(25 * inputStride),
      inputStride: inputStride, products: scratch.take(25 * productStride),
      productStride: productStride, pixels: scratch.take(9 * narrowStride + 16),
      tiles: scratch.take(3 * tileRowStride), count: scratch.count)
  }

  /// Layout: [frequency][panel][w][(a, b, n) of the panel], padded with zeros to whole vectors.
  func prepareWideToNarrow(
    _ weights: UnsafePointer<Float>, turned: Bool, into prepared: UnsafeMutablePointer<Float>
  ) {
    let lanes = narrowStride
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
          let width = min(MatrixMultiply.panelWidth, lanes - panel)
          WinogradF3.weights(
            taps + lane, stride: lanes, into: prepared + panel * wide + w * width + lane - panel,
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

  /// The forward pass if the source is the wide side, else the backward pass, which has no epilogue.
  ///
  /// - Parameter tileRows: the rows of tiles to write; nil for all of them.
  func wideToNarrow(
    _ source: ConvolutionSource, _ preparedWeights: UnsafePointer<Float>, tileRows: Range<Int>? = nil,
    epilogue: ConvolutionEpilogue? = nil,
    into destination: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let plan = wideToNarrowScratch
    let lanes = narrowStride
    let tileRows = tileRows ?? 0..<self.tileRows
    guard !tileRows.isEmpty else { return }
    for patchRow in tileRows.lowerBound..<tileRows.upperBound + 2 {
      for first in stride(from: 0, to: patchColumns, by: blockColumns) {
        let block = first..<min(first + blockColumns, patchColumns)
        transformWide(
          source, row: patchRow, block, patch: scratch + plan.patch, into: scratch + plan.input,
          frequencyStride: plan.inputStride)
        for frequency in 0..<25 {
          for lane in stride(from: 0, to: lanes, by: MatrixMultiply.panelWidth) {
            let width = min(MatrixMultiply.panelWidth, lanes - lane)
            MatrixMultiply.panel(
              rows: block.count, vectors: width / 16, depth: wide,
              MatrixMultiply.Broadcast(
                base: scratch + plan.input + frequency * plan.inputStride, rowStride: wide,
                depthStride: 1),
              MatrixMultiply.Rows(
                base: preparedWeights + (frequency * lanes + lane) * wide, stride: width),
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
          addPatch(
            scratch + plan.pixels, row: patchRow, from: tileRows.lowerBound, column: column,
            to: scratch + plan.tiles)
        }
      }
      if patchRow >= tileRows.lowerBound + 2 {
        writeTiles(
          scratch + plan.tiles, row: patchRow - 2, epilogue: epilogue, into: destination)
      }
    }
  }

  /// Adds the pixels of patch (row, column), for each row a of parts, to the tile row to which they belong: row - a. A tile
  /// row begins with a = 0. Tile rows before `first` are left out.
  @inline(never)
  private func addPatch(
    _ pixels: UnsafePointer<Float>, row: Int, from first: Int, column: Int,
    to tiles: UnsafeMutablePointer<Float>
  ) {
    // Whole vectors are added. What lies past (b, n) belongs to other parts, and is never read.
    for a in 0...min(2, row - first) {
      let sums = tiles + (row - a) % 3 * tileRowStride + column * 9 * sumStride
      let terms = pixels + a * 3 * narrow
      for pixel in 0..<9 {
        for lane in stride(from: 0, to: sumStride, by: Vector.scalarCount) {
          let term = terms.vector(at: pixel * narrowStride + lane)
          let sum = pixel * sumStride + lane
          sums.store(a == 0 ? term : sums.vector(at: sum) + term, at: sum)
        }
      }
    }
  }

  /// Writes a row of tiles that is complete. Each tile is the sum of its own part b = 0, and of parts 1 and 2 of the
  /// patches in the next two columns.
  @inline(never)
  private func writeTiles(
    _ tiles: UnsafePointer<Float>, row: Int, epilogue: ConvolutionEpilogue?,
    into destination: UnsafeMutablePointer<Float>
  ) {
    let bias = epilogue?.bias
    let floor = epilogue?.floor ?? -.infinity
    let slopes = epilogue?.prelu?.slopes
    let (height, width) = (shape.inputHeight, shape.inputWidth)
    let columnStride = 9 * sumStride
    for i in 0..<min(3, height - 3 * row) {
      var pixel = destination + (3 * row + i) * width * narrow
      for x in 0..<width {
        let (column, j) = x.quotientAndRemainder(dividingBy: 3)
        let sums = tiles + row % 3 * tileRowStride + column * columnStride + (3 * i + j) * sumStride
        for n in 0..<narrow {
          let sum =
            (bias?[n] ?? 0) + sums[n] + sums[columnStride + narrow + n]
            + sums[2 * columnStride + 2 * narrow + n]
          pixel[n] = max(sum, floor)
          if let slopes, pixel[n] <= 0 { pixel[n] *= slopes[n] }
        }
        pixel += narrow
      }
    }
  }

  /// Transforms patches of one row of the wide image: [frequency][patch][w].
  @inline(never)
  func transformWide(
    _ source: ConvolutionSource, row: Int, _ columns: Range<Int>,
    patch: UnsafeMutablePointer<Float>, into input: UnsafeMutablePointer<Float>, frequencyStride: Int
  ) {
    let layout = PixelLayout(height: shape.inputHeight, width: shape.inputWidth, channels: wide)
    for column in columns {
      let window = ImageWindow(
        source.pixels, layout, top: 3 * row - 4, left: 3 * column - 4, side: 5, channels: 0..<wide,
        slope: source.slope, patch: patch)
      // Without the two columns that the next window shares with this one.
      let upcoming = UpcomingPixels(
        source.pixels, layout, top: 3 * row - 4, left: 3 * min(column + 1, columns.upperBound - 1) - 2,
        height: 5,
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
