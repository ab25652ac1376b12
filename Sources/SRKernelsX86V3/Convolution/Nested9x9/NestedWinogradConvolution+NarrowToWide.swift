import SRKernels

extension NestedWinogradConvolution {
  struct NarrowToWideScratch {
    let planes: Int
    /// Three rows of transformed patches: [frequency][row % 3][patch, n].
    let ring: Int
    let gathered: Int
    let gatheredStride: Int
    let products: Int
    let productStride: Int
    let patch: Int
    let count: Int
  }

  var narrowToWideScratch: NarrowToWideScratch {
    var scratch = Scratch()
    let gatheredStride = blockColumns * narrowStride + 16
    let productStride = blockColumns * MatrixMultiply.panelWidth + 16
    return NarrowToWideScratch(
      planes: scratch.take(25 * narrowRowStride), ring: scratch.take(25 * 3 * narrowRowStride),
      gathered: scratch.take(25 * gatheredStride + 16), gatheredStride: gatheredStride,
      products: scratch.take(25 * productStride), productStride: productStride,
      patch: scratch.take(9 * 16), count: scratch.count)
  }

  /// Layout: [frequency][panel][(a, b, n)][w of the panel].
  func prepareNarrowToWide(
    _ weights: UnsafePointer<Float>, turned: Bool, into prepared: UnsafeMutablePointer<Float>
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 9 * 16) { taps in
      let taps = taps.baseAddress!
      for w in stride(from: 0, to: wide, by: 16) {
        let panel = w / MatrixMultiply.panelWidth * MatrixMultiply.panelWidth
        let width = min(MatrixMultiply.panelWidth, wide - panel)
        forEachTap { a, b, n, i, j in
          for lane in 0..<16 {
            taps[(i * 3 + j) * 16 + lane] =
              weights[
                weightIndex(
                  row: 3 * a + i, column: 3 * b + j, wide: w + lane, narrow: n, turned: turned)]
          }
          // The nine taps are complete when the last one is there.
          guard i == 2, j == 2 else { return }
          let destination = prepared + panel * narrowCount + ((a * 3 + b) * narrow + n) * width + w - panel
          for lane in stride(from: 0, to: 16, by: Register.scalarCount) {
            WinogradF3.weights(
              taps + lane, stride: 16, into: destination + lane, frequencyStride: narrowCount * wide)
          }
        }
      }
    }
  }

  /// The forward pass if the source is the narrow side, else the backward pass.
  ///
  /// - Parameters:
  ///   - tileRows: the rows of tiles to write; nil for all of them.
  ///   - epilogue: of the forward pass.
  ///   - derivative: of the PReLU through which the forward pass read its source, if any, in the backward pass.
  /// - Returns: the gradient with respect to that PReLU's slope.
  @discardableResult
  func narrowToWide(
    _ source: UnsafePointer<Float>, _ preparedWeights: UnsafePointer<Float>, tileRows: Range<Int>? = nil,
    epilogue: ConvolutionEpilogue? = nil, derivative: PReLUDerivative? = nil,
    into destination: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) -> Double {
    var slopeGradient = 0.0
    let plan = narrowToWideScratch
    let ring = scratch + plan.ring
    let bias = epilogue?.bias
    let floor = Register(repeating: epilogue?.floor ?? -.infinity)
    let prelu = epilogue?.prelu
    let layout = PixelLayout(height: shape.inputHeight, width: shape.inputWidth, channels: wide)
    let tileRows = tileRows ?? 0..<self.tileRows
    guard !tileRows.isEmpty else { return slopeGradient }
    for patchRow in tileRows.lowerBound..<tileRows.upperBound + 2 {
      transformNarrowPatches(
        source, row: patchRow, planes: scratch + plan.planes,
        into: ring + patchRow % 3 * narrowRowStride)
      let tileRow = patchRow - 2
      guard tileRow >= tileRows.lowerBound else { continue }
      for first in stride(from: 0, to: tileColumns, by: blockColumns) {
        let block = first..<min(first + blockColumns, tileColumns)
        gather(
          ring, rows: (tileRow % 3, (tileRow + 1) % 3, (tileRow + 2) % 3), block,
          into: scratch + plan.gathered, frequencyStride: plan.gatheredStride)
        for panel in stride(from: 0, to: wide, by: MatrixMultiply.panelWidth) {
          let width = min(MatrixMultiply.panelWidth, wide - panel)
          for frequency in 0..<25 {
            MatrixMultiply.panel(
              rows: block.count, vectors: width / 16, depth: narrowCount,
              MatrixMultiply.Broadcast(
                base: scratch + plan.gathered + frequency * plan.gatheredStride,
                rowStride: narrowStride, depthStride: 1),
              MatrixMultiply.Rows(
                base: preparedWeights + (frequency * wide + panel) * narrowCount, stride: width),
              into: MatrixMultiply.Rows(
                base: scratch + plan.products + frequency * plan.productStride,
                stride: MatrixMultiply.panelWidth),
              accumulate: false)
          }
          for lane in stride(from: 0, to: width, by: Register.scalarCount) {
            writeTiles(
              plan, scratch, row: tileRow, block, lane: lane,
              bias: bias?.register(at: panel + lane) ?? .zero, floor: floor,
              into: destination + panel + lane)
          }
        }
        prelu?.apply(
          to: destination, layout, rows: 3 * tileRow..<min(3 * tileRow + 3, layout.height),
          columns: 3 * block.lowerBound..<min(3 * block.upperBound, layout.width), channels: 0..<wide)
        if let derivative {
          slopeGradient += multiply(destination, layout, by: derivative, row: tileRow, block)
        }
      }
    }
    return slopeGradient
  }

  /// ``PReLUDerivative/multiply(_:image:_:rows:columns:channels:)`` of tiles of one row.
  private func multiply(
    _ gradient: UnsafeMutablePointer<Float>, _ layout: PixelLayout, by derivative: PReLUDerivative, row: Int,
    _ columns: Range<Int>
  ) -> Double {
    (3 * row..<min(3 * row + 3, layout.height)).reduce(0) { sum, y in
      sum
        + derivative.multiply(
          gradient, layout, rows: y..<y + 1,
          columns: 3 * columns.lowerBound..<min(3 * columns.upperBound, layout.width), channels: 0..<wide)
    }
  }

  @inline(never)
  private func writeTiles(
    _ plan: NarrowToWideScratch, _ scratch: UnsafeMutablePointer<Float>, row: Int,
    _ columns: Range<Int>, lane: Int, bias: Register, floor: Register,
    into destination: UnsafeMutablePointer<Float>
  ) {
    let tiles = WinogradTiles(height: shape.inputHeight, width: shape.inputWidth, size: 3)
    let layout = PixelLayout(height: shape.inputHeight, width: shape.inputWidth, channels: wide)
    let patch = scratch + plan.patch
    for column in columns {
      let products =
        scratch + plan.products + (column - columns.lowerBound) * MatrixMultiply.panelWidth + lane
      if 3 * row + 3 <= tiles.height, 3 * column + 3 <= tiles.width {
        WinogradF3.output(
          products, frequencyStride: plan.productStride, bias: bias, floor: floor,
          into: destination + 3 * (row * tiles.width + column) * wide,
          rowStride: tiles.width * wide, columnStride: wide)
      } else {
        WinogradF3.output(
          products, frequencyStride: plan.productStride, bias: bias, floor: floor, into: patch,
          rowStride: 3 * Register.scalarCount, columnStride: Register.scalarCount)
        tiles.writeInside(
          row * tileColumns + column, patch: patch, image: destination, layout)
      }
    }
  }

  /// Transforms the patches of one row of the narrow image: [frequency][three rows][patch, n].
  private func transformNarrowPatches(
    _ source: UnsafePointer<Float>, row: Int, planes: UnsafeMutablePointer<Float>,
    into frequencies: UnsafeMutablePointer<Float>
  ) {
    splitColumns(
      source, top: 3 * row - 4, left: -4, side: 5, count: patchColumns, into: planes)
    for lane in stride(from: 0, to: patchColumns * narrow, by: Register.scalarCount) {
      WinogradF3.input(
        planes + lane, rowStride: 5 * narrowRowStride, columnStride: narrowRowStride,
        into: frequencies + lane, frequencyStride: 3 * narrowRowStride)
    }
  }

  /// Splits `side` rows of the narrow image into planes, so that vectors run over squares and channels:
  /// planes[y][x][square * narrow + n] is pixel (top + y, left + 3 * square + x), or zero outside the image.
  func splitColumns(
    _ source: UnsafePointer<Float>, top: Int, left: Int, side: Int, count: Int,
    into planes: UnsafeMutablePointer<Float>
  ) {
    let (height, width) = (shape.inputHeight, shape.inputWidth)
    planes.update(repeating: 0, count: side * side * narrowRowStride)
    for y in 0..<side where top + y >= 0 && top + y < height {
      let pixels = source + (top + y) * width * narrow
      for x in 0..<side {
        let plane = planes + (y * side + x) * narrowRowStride
        for square in 0..<count {
          let column = left + 3 * square + x
          guard column >= 0, column < width else { continue }
          for n in 0..<narrow { plane[square * narrow + n] = pixels[column * narrow + n] }
        }
      }
    }
  }

  /// Joins three neighbours of each of three rows: gathered[frequency][column][a, b, n]. Here (b, n) run over what begins
  /// at `column` in row `a` of the ring.
  @inline(never)
  func gather(
    _ ring: UnsafePointer<Float>, rows: (Int, Int, Int), _ columns: Range<Int>,
    into gathered: UnsafeMutablePointer<Float>, frequencyStride: Int
  ) {
    for frequency in 0..<25 {
      let source = ring + frequency * 3 * narrowRowStride
      let (row0, row1, row2) = (
        source + rows.0 * narrowRowStride, source + rows.1 * narrowRowStride,
        source + rows.2 * narrowRowStride
      )
      var destination = gathered + frequency * frequencyStride
      // Whole vectors are copied. What reaches beyond is overwritten by the next one, or not read.
      for column in columns {
        if 3 * narrow <= Vector.scalarCount {
          destination.store(row0.vector(at: column * narrow), at: 0)
          destination.store(row1.vector(at: column * narrow), at: 3 * narrow)
          destination.store(row2.vector(at: column * narrow), at: 6 * narrow)
        } else {
          for (a, row) in [row0, row1, row2].enumerated() {
            for lane in stride(from: 0, to: 3 * narrow, by: Vector.scalarCount) {
              destination.store(row.vector(at: column * narrow + lane), at: a * 3 * narrow + lane)
            }
          }
        }
        destination += narrowStride
      }
    }
  }
}
