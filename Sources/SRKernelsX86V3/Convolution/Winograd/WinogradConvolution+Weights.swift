import SRKernels

/// Blocks and scratch memory of a backward-weights pass.
struct WinogradWeightsPlan: Sendable {
  /// Input channels: the rows of the products.
  let rows: Int
  /// Output channels.
  let columns: Int
  /// Tiles transformed at a time: the depth of the products.
  let blockTiles: Int
  /// Input channels transformed at a time.
  let blockRows: Int
  /// Output channels whose products are held while the tiles pass by.
  let blockColumns: Int
  /// Floats between two frequencies of transformed pixels, of a panel of transformed gradients, of a panel of products.
  /// They keep off powers of two, as in ``WinogradDataPlan``.
  let inputStride: Int
  let gradientStride: Int
  let productStride: Int

  private let frequencies: Int

  init(rows: Int, columns: Int, tiles: Int, frequencies: Int) {
    self.rows = rows
    self.columns = columns
    self.frequencies = frequencies
    blockTiles = min(64, tiles)
    blockRows = min(64, rows)
    // A single block of tiles needs only a panel of products. Several blocks come back to all products that are held.
    blockColumns = min(tiles > blockTiles ? 256 : MatrixMultiply.panelWidth, columns)
    inputStride = blockTiles * blockRows + 16
    gradientStride = blockTiles * MatrixMultiply.panelWidth + 16
    productStride = blockRows * MatrixMultiply.panelWidth + 16
  }

  /// Floats of a panel of products.
  var panelStride: Int { frequencies * productStride }
  private var panels: Int {
    (blockColumns + MatrixMultiply.panelWidth - 1) / MatrixMultiply.panelWidth
  }

  var patchCount: Int { frequencies * 64 }
  var inputOffset: Int { patchCount }
  var gradientOffset: Int { inputOffset + frequencies * inputStride }
  var productOffset: Int { gradientOffset + frequencies * gradientStride }
  var scratchCount: Int { productOffset + panels * panelStride }
}

extension WinogradConvolution {
  func backwardWeights(
    _ source: ConvolutionSource, gradientDestination: UnsafePointer<Float>,
    gradientWeights: UnsafeMutablePointer<Float>, gradientBias: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let plan = weightsPlan
    let input = scratch + plan.inputOffset
    let gradient = scratch + plan.gradientOffset
    let products = scratch + plan.productOffset
    for firstRow in stride(from: 0, to: plan.rows, by: plan.blockRows) {
      let rows = firstRow..<min(firstRow + plan.blockRows, plan.rows)
      for firstColumn in stride(from: 0, to: plan.columns, by: plan.blockColumns) {
        let columns = firstColumn..<min(firstColumn + plan.blockColumns, plan.columns)
        for firstTile in stride(from: 0, to: tiles.count, by: plan.blockTiles) {
          let block = firstTile..<min(firstTile + plan.blockTiles, tiles.count)
          // If there is a single block of tiles, its transformed input still stands from the last columns.
          if tiles.count > plan.blockTiles || firstColumn == 0 {
            transformInput(plan, block, rows, source, patch: scratch, into: input)
          }
          for column in stride(from: columns.lowerBound, to: columns.upperBound, by: panelWidth) {
            let panel = column..<min(column + panelWidth, columns.upperBound)
            transformGradient(
              plan, block, panel, gradientDestination, patch: scratch, into: gradient)
            multiply(
              plan, rows: rows.count, columns: panel.count, depth: block.count, input, gradient,
              into: products + (column - firstColumn) / panelWidth * plan.panelStride,
              accumulate: firstTile > 0)
          }
        }
        for column in stride(from: columns.lowerBound, to: columns.upperBound, by: panelWidth) {
          transformWeightGradient(
            plan, rows, column..<min(column + panelWidth, columns.upperBound),
            products + (column - firstColumn) / panelWidth * plan.panelStride, into: gradientWeights)
        }
      }
    }
    sumOverPixels(
      gradientDestination, destinationLayout, channels: shape.outputChannels, into: gradientBias)
  }

  @inline(always) private var panelWidth: Int { MatrixMultiply.panelWidth }

  /// For each frequency: products[rows x columns] (+)= input^T [rows x tiles] gradient[tiles x columns].
  private func multiply(
    _ plan: WinogradWeightsPlan, rows: Int, columns: Int, depth: Int,
    _ input: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>,
    into products: UnsafeMutablePointer<Float>, accumulate: Bool
  ) {
    for frequency in 0..<Transform.frequencyCount {
      MatrixMultiply.panel(
        rows: rows, vectors: columns / 16, depth: depth,
        MatrixMultiply.Broadcast(
          base: input + frequency * plan.inputStride, rowStride: 1, depthStride: plan.blockRows),
        MatrixMultiply.Rows(base: gradient + frequency * plan.gradientStride, stride: panelWidth),
        into: MatrixMultiply.Rows(
          base: products + frequency * plan.productStride, stride: panelWidth),
        accumulate: accumulate,
        ahead: UnsafeBufferPointer(
          start: input + (frequency + 1) * plan.inputStride,
          count: depth * plan.blockRows))
    }
  }

  @inline(never)
  private func transformInput(
    _ plan: WinogradWeightsPlan, _ block: Range<Int>, _ rows: Range<Int>,
    _ source: ConvolutionSource, patch: UnsafeMutablePointer<Float>,
    into input: UnsafeMutablePointer<Float>
  ) {
    for tile in block {
      let window = tiles.window(
        tile, margin: 1, image: source.pixels, sourceLayout, channels: rows, slope: source.slope,
        patch: patch)
      let upcoming = tiles.upcoming(
        after: tile, in: block, margin: 1, images: source.pixels, imageCount: 0, sourceLayout,
        channels: rows)
      let destination = input + (tile - block.lowerBound) * plan.blockRows
      for row in stride(from: 0, to: rows.count, by: Register.scalarCount) {
        upcoming.fetch(step: row / Register.scalarCount)
        Transform.input(
          window.pixels(channel: rows.lowerBound + row, sourceLayout), rowStride: window.rowStride,
          columnStride: window.columnStride,
          into: destination + row, frequencyStride: plan.inputStride)
      }
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
        tile, margin: 0, image: gradientDestination, destinationLayout, channels: columns, patch: patch)
      let upcoming = tiles.upcoming(
        after: tile, in: block, margin: 0, images: gradientDestination, imageCount: 0, destinationLayout,
        channels: columns)
      let destination = gradient + (tile - block.lowerBound) * panelWidth
      for column in stride(from: 0, to: columns.count, by: Register.scalarCount) {
        upcoming.fetch(step: column / Register.scalarCount)
        Transform.gradient(
          window.pixels(channel: columns.lowerBound + column, destinationLayout), rowStride: window.rowStride,
          columnStride: window.columnStride,
          into: destination + column, frequencyStride: plan.gradientStride)
      }
    }
  }

  @inline(never)
  private func transformWeightGradient(
    _ plan: WinogradWeightsPlan, _ rows: Range<Int>, _ columns: Range<Int>,
    _ products: UnsafePointer<Float>, into gradientWeights: UnsafeMutablePointer<Float>
  ) {
    for row in rows {
      for column in stride(from: 0, to: columns.count, by: Register.scalarCount) {
        Transform.weightGradient(
          products + (row - rows.lowerBound) * panelWidth + column,
          frequencyStride: plan.productStride,
          into: gradientWeights + row * plan.columns + columns.lowerBound + column,
          stride: plan.rows * plan.columns)
      }
    }
  }
}
