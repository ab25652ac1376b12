/// Blocks and scratch memory of a backward-weights pass.
struct WinogradWeightsPlan: Sendable {
  /// Input channels: the rows of the products.
  let rows: Int
  /// Output channels.
  let columns: Int
  /// Tiles transformed at a time: the depth of the products.
  let blockTiles: Int
  /// Input channels and output channels whose transformed gradients are held at a time.
  let blockRows: Int
  let blockColumns: Int
  /// Floats between two frequencies of 16 transformed input channels, of transformed gradients, of products;
  /// off powers of two, as in ``WinogradDataPlan``.
  let inputStride: Int
  let gradientStride: Int
  let productStride: Int

  private let frequencies: Int

  init(rows: Int, columns: Int, tiles: Int, frequencies: Int) {
    self.rows = rows
    self.columns = columns
    self.frequencies = frequencies
    blockTiles = min(64, tiles)
    blockColumns = min(64, columns)
    // With one block of tiles nothing is accumulated, so a few rows at a time are enough.
    blockRows = tiles <= blockTiles ? 16 : min(64, rows)
    inputStride = blockTiles * 16 + 16
    gradientStride = blockTiles * blockColumns + 16
    productStride = blockRows * blockColumns + 16
  }

  var patchCount: Int { frequencies * max(16, blockColumns) }
  var inputOffset: Int { patchCount }
  var gradientOffset: Int { inputOffset + frequencies * inputStride }
  var productOffset: Int { gradientOffset + frequencies * gradientStride }
  var scratchCount: Int { productOffset + frequencies * productStride }
}

extension WinogradConvolution {
  func backwardWeights(
    source: UnsafePointer<Float>, gradientDestination: UnsafePointer<Float>,
    gradientWeights: UnsafeMutablePointer<Float>, gradientBias: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let plan = weightsPlan
    let patch = scratch
    let input = scratch + plan.inputOffset
    let gradient = scratch + plan.gradientOffset
    let products = scratch + plan.productOffset
    for firstColumn in stride(from: 0, to: plan.columns, by: plan.blockColumns) {
      let columns = firstColumn..<min(firstColumn + plan.blockColumns, plan.columns)
      for firstRow in stride(from: 0, to: plan.rows, by: plan.blockRows) {
        let rows = firstRow..<min(firstRow + plan.blockRows, plan.rows)
        for firstTile in stride(from: 0, to: tiles.count, by: plan.blockTiles) {
          let block = firstTile..<min(firstTile + plan.blockTiles, tiles.count)
          // Of a single block of tiles, the transformed gradients of the last rows still stand.
          if tiles.count > plan.blockTiles || firstRow == 0 {
            transformGradient(plan, block, columns, gradientDestination, patch: patch, into: gradient)
          }
          for row in stride(from: rows.lowerBound, to: rows.upperBound, by: 16) {
            transformInput(plan, block, row, source, patch: patch, into: input)
            multiply(
              plan, depth: block.count, columns: columns.count, input, gradient,
              into: products + (row - firstRow) * plan.blockColumns, accumulate: firstTile > 0)
          }
        }
        transformWeightGradient(plan, rows, columns, products, into: gradientWeights)
      }
    }
    sumOverPixels(
      gradientDestination, pixels: shape.outputHeight * shape.outputWidth,
      channels: shape.outputChannels, into: gradientBias)
  }

  /// For each frequency: products[16 x columns] (+)= input^T [16 x tiles] gradient[tiles x columns].
  private func multiply(
    _ plan: WinogradWeightsPlan, depth: Int, columns: Int, _ input: UnsafePointer<Float>,
    _ gradient: UnsafePointer<Float>, into products: UnsafeMutablePointer<Float>, accumulate: Bool
  ) {
    for frequency in 0..<Transform.frequencyCount {
      for column in stride(from: 0, to: columns, by: MatrixMultiply.panelWidth) {
        MatrixMultiply.panel(
          rows: 16, vectors: min(MatrixMultiply.panelWidth, columns - column) / 16, depth: depth,
          MatrixMultiply.Broadcast(
            base: input + frequency * plan.inputStride, rowStride: 1, depthStride: 16),
          MatrixMultiply.Rows(
            base: gradient + frequency * plan.gradientStride + column, stride: plan.blockColumns),
          into: MatrixMultiply.Rows(
            base: products + frequency * plan.productStride + column, stride: plan.blockColumns),
          accumulate: accumulate)
      }
    }
  }

  @inline(never)
  private func transformInput(
    _ plan: WinogradWeightsPlan, _ block: Range<Int>, _ channel: Int, _ source: UnsafePointer<Float>,
    patch: UnsafeMutablePointer<Float>, into input: UnsafeMutablePointer<Float>
  ) {
    for tile in block {
      let window = tiles.window(
        tile, margin: 1, image: source + channel, channels: 16, pixelStride: plan.rows, patch: patch)
      Transform.input(
        window.base, rowStride: window.rowStride, columnStride: window.columnStride,
        into: input + (tile - block.lowerBound) * 16, frequencyStride: plan.inputStride)
    }
  }

  @inline(never)
  private func transformGradient(
    _ plan: WinogradWeightsPlan, _ block: Range<Int>, _ columns: Range<Int>,
    _ gradientDestination: UnsafePointer<Float>, patch: UnsafeMutablePointer<Float>,
    into gradient: UnsafeMutablePointer<Float>
  ) {
    for tile in block {
      let window = tiles.window(
        tile, margin: 0, image: gradientDestination + columns.lowerBound, channels: columns.count,
        pixelStride: plan.columns, patch: patch)
      let row = gradient + (tile - block.lowerBound) * plan.blockColumns
      for column in stride(from: 0, to: columns.count, by: 16) {
        Transform.gradient(
          window.base + column, rowStride: window.rowStride, columnStride: window.columnStride,
          into: row + column, frequencyStride: plan.gradientStride)
      }
    }
  }

  @inline(never)
  private func transformWeightGradient(
    _ plan: WinogradWeightsPlan, _ rows: Range<Int>, _ columns: Range<Int>,
    _ products: UnsafePointer<Float>, into gradientWeights: UnsafeMutablePointer<Float>
  ) {
    for row in rows {
      for column in stride(from: columns.lowerBound, to: columns.upperBound, by: 16) {
        Transform.weightGradient(
          products + (row - rows.lowerBound) * plan.blockColumns + column - columns.lowerBound,
          frequencyStride: plan.productStride, into: gradientWeights + row * plan.columns + column,
          stride: plan.rows * plan.columns)
      }
    }
  }
}
