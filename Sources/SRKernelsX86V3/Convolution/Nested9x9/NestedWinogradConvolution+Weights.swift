import SRKernels

extension NestedWinogradConvolution {
  struct WeightsScratch {
    let patch: Int
    let input: Int
    let inputStride: Int
    let planes: Int
    /// Three rows of transformed tiles, with two zero tiles on either side: [frequency][row % 3][tile, n].
    let ring: Int
    let gathered: Int
    let gatheredStride: Int
    let products: Int
    let productStride: Int
    let count: Int
  }

  /// (a, b, n), padded to whole register blocks of the product.
  private var productRows: Int { (narrowCount + 3) / 4 * 4 }

  var weightsScratch: WeightsScratch {
    var scratch = Scratch()
    let inputStride = blockColumns * wide + 16
    let gatheredStride = blockColumns * narrowStride + 16
    let productStride = productRows * wide + 16
    return WeightsScratch(
      patch: scratch.take(25 * wide), input: scratch.take(25 * inputStride),
      inputStride: inputStride, planes: scratch.take(9 * narrowRowStride),
      ring: scratch.take(25 * 3 * narrowRowStride),
      gathered: scratch.take(25 * gatheredStride + 16), gatheredStride: gatheredStride,
      products: scratch.take(25 * productStride), productStride: productStride, count: scratch.count)
  }

  /// Writes the gradient with respect to the weights. One image is the source and the other one the gradient with respect to
  /// the destination. If the narrow image is the source, the kernel is turned by 180 degrees.
  func correlate(
    wide wideImage: ConvolutionSource, narrow narrowImage: UnsafePointer<Float>,
    into gradientWeights: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let plan = weightsScratch
    let ring = scratch + plan.ring
    ring.update(repeating: 0, count: 25 * 3 * narrowRowStride)
    // The lanes past (a, b, n) are multiplied too, so they must not hold values that are slow to multiply.
    (scratch + plan.gathered).update(repeating: 0, count: 25 * plan.gatheredStride + 16)
    for patchRow in 0..<patchRows {
      transformNarrowTiles(
        narrowImage, row: patchRow, planes: scratch + plan.planes,
        into: ring + patchRow % 3 * narrowRowStride)
      for first in stride(from: 0, to: patchColumns, by: blockColumns) {
        let block = first..<min(first + blockColumns, patchColumns)
        transformWide(
          wideImage, row: patchRow, block, patch: scratch + plan.patch, into: scratch + plan.input,
          frequencyStride: plan.inputStride)
        gather(
          ring, rows: (patchRow % 3, (patchRow + 2) % 3, (patchRow + 1) % 3), block,
          into: scratch + plan.gathered, frequencyStride: plan.gatheredStride)
        multiply(plan, scratch, depth: block.count, accumulate: patchRow > 0 || first > 0)
      }
    }
    transformWeightGradient(plan, scratch, into: gradientWeights)
  }

  private func multiply(
    _ plan: WeightsScratch, _ scratch: UnsafeMutablePointer<Float>, depth: Int, accumulate: Bool
  ) {
    for frequency in 0..<25 {
      for panel in stride(from: 0, to: wide, by: MatrixMultiply.panelWidth) {
        MatrixMultiply.panel(
          rows: productRows, vectors: min(MatrixMultiply.panelWidth, wide - panel) / 16,
          depth: depth,
          MatrixMultiply.Broadcast(
            base: scratch + plan.gathered + frequency * plan.gatheredStride, rowStride: 1,
            depthStride: narrowStride),
          MatrixMultiply.Rows(
            base: scratch + plan.input + frequency * plan.inputStride + panel, stride: wide),
          into: MatrixMultiply.Rows(
            base: scratch + plan.products + frequency * plan.productStride + panel, stride: wide),
          accumulate: accumulate)
      }
    }
  }

  /// Transforms the tiles of one row of the narrow image. A row outside the image is zero.
  private func transformNarrowTiles(
    _ source: UnsafePointer<Float>, row: Int, planes: UnsafeMutablePointer<Float>,
    into frequencies: UnsafeMutablePointer<Float>
  ) {
    splitColumns(source, top: 3 * row, left: -6, side: 3, count: patchColumns + 2, into: planes)
    for lane in stride(from: 0, to: (patchColumns + 2) * narrow, by: Register.scalarCount) {
      WinogradF3.gradient(
        planes + lane, rowStride: 3 * narrowRowStride, columnStride: narrowRowStride,
        into: frequencies + lane, frequencyStride: 3 * narrowRowStride)
    }
  }

  private func transformWeightGradient(
    _ plan: WeightsScratch, _ scratch: UnsafeMutablePointer<Float>,
    into gradientWeights: UnsafeMutablePointer<Float>
  ) {
    let taps = scratch + plan.patch
    for w in stride(from: 0, to: wide, by: 16) {
      forEachTap { a, b, n, i, j in
        if i == 0, j == 0 {
          // The tiles of a row were gathered from left to right, so part b reads the one at 2 - b.
          let products = scratch + plan.products + ((a * 3 + 2 - b) * narrow + n) * wide + w
          for lane in stride(from: 0, to: 16, by: Register.scalarCount) {
            WinogradF3.weightGradient(
              products + lane, frequencyStride: plan.productStride, into: taps + lane, stride: 16)
          }
        }
        for lane in 0..<16 {
          let index = weightIndex(
            row: 3 * a + i, column: 3 * b + j, wide: w + lane, narrow: n, turned: !reduces)
          gradientWeights[index] = taps[(i * 3 + j) * 16 + lane]
        }
      }
    }
  }
}
