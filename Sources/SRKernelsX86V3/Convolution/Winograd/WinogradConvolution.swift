import SRKernels

/// A 3 x 3 convolution of stride 1 and padding 1 by Winograd's minimal filtering.
///
/// Tiles are processed in blocks. A block is transformed, each frequency is one matrix product [tiles x C] [C x K], and the
/// products are transformed back straight into the destination. Block sizes depend on the shape alone, so the result has
/// the same bits on every call.
struct WinogradConvolution<Transform: WinogradTransform>: Convolution2DKernel {
  let shape: Convolution2DShape
  let tiles: WinogradTiles
  let sourceLayout: PixelLayout
  let destinationLayout: PixelLayout
  let forwardPlan: WinogradDataPlan
  let backwardPlan: WinogradDataPlan
  let weightsPlan: WinogradWeightsPlan

  /// Whether the method covers a shape: 3 x 3, stride 1, padding 1, channels in whole vectors.
  static func supports(_ shape: Convolution2DShape) -> Bool {
    shape.kernelSize == 3 && shape.stride == 1 && shape.padding == 1 && shape.inputChannels % 16 == 0
      && shape.outputChannels % (16 * shape.shuffleFactor * shape.shuffleFactor) == 0
  }

  /// - Precondition: `shape` is supported.
  init(_ shape: Convolution2DShape) {
    self.shape = shape
    let frequencies = Transform.frequencyCount
    tiles = WinogradTiles(
      height: shape.inputHeight, width: shape.inputWidth, size: Transform.outputTile)
    sourceLayout = PixelLayout(
      height: shape.inputHeight, width: shape.inputWidth, channels: shape.inputChannels)
    destinationLayout = PixelLayout(destinationOf: shape)
    forwardPlan = WinogradDataPlan(
      depth: shape.inputChannels, columns: shape.outputChannels, tiles: tiles.count,
      frequencies: frequencies)
    backwardPlan = WinogradDataPlan(
      depth: shape.outputChannels, columns: shape.inputChannels, tiles: tiles.count,
      frequencies: frequencies)
    weightsPlan = WinogradWeightsPlan(
      rows: shape.inputChannels, columns: shape.outputChannels, tiles: tiles.count,
      frequencies: frequencies)
  }

  var algorithm: String { Transform.name }
  var preparedForwardCount: Int { forwardPlan.weightCount }
  var preparedBackwardDataCount: Int { backwardPlan.weightCount }
  var scratchCount: Int {
    max(forwardPlan.scratchCount, backwardPlan.scratchCount, weightsPlan.scratchCount)
  }

  func prepareForward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
    let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
    prepare(forwardPlan, into: prepared) { c, k, destination, rowStride, frequencyStride in
      for row in 0..<Register.scalarCount {
        Transform.weights(
          weights + (c + row) * outputs + k, stride: inputs * outputs, into: destination + row * rowStride,
          frequencyStride: frequencyStride)
      }
    }
  }

  func prepareBackwardData(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
    let lanes = Register.scalarCount
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 9 * lanes * lanes) { turned in
      let turned = turned.baseAddress!
      prepare(backwardPlan, into: prepared) { k, c, destination, rowStride, frequencyStride in
        turn(weights, input: c, output: k, into: turned)
        for row in 0..<lanes {
          Transform.weights(
            turned + row * lanes, stride: lanes * lanes, into: destination + row * rowStride,
            frequencyStride: frequencyStride)
        }
      }
    }
  }

  /// The kernels of a ``Register`` of input channels by one of output channels, each turned by 180 degrees: [tap][k][c].
  ///
  /// All kernels of a block are turned at once. The taps of one output channel lie a power of two apart: they would push
  /// each other out of the cache before the next channel comes to the same lines.
  @inline(never)
  private func turn(
    _ weights: UnsafePointer<Float>, input: Int, output: Int, into turned: UnsafeMutablePointer<Float>
  ) {
    let lanes = Register.scalarCount
    for tap in 0..<9 {
      let source = weights + ((8 - tap) * shape.inputChannels + input) * shape.outputChannels + output
      let destination = turned + tap * lanes * lanes
      for k in 0..<lanes {
        for c in 0..<lanes { destination[k * lanes + c] = source[c * shape.outputChannels + k] }
      }
    }
  }

  /// Calls `transform` for each square block of the prepared weights, a ``Register`` of rows by one of columns.
  /// `destination` is where the block's first row belongs.
  private func prepare(
    _ plan: WinogradDataPlan, into prepared: UnsafeMutablePointer<Float>,
    _ transform: (
      _ row: Int, _ column: Int, _ destination: UnsafeMutablePointer<Float>, _ rowStride: Int,
      _ frequencyStride: Int
    ) -> Void
  ) {
    let lanes = Register.scalarCount
    for group in stride(from: 0, to: plan.columns, by: plan.groupColumns) {
      let frequencyStride = plan.weightStride(group: group)
      let end = group + plan.groupWidth(group)
      for panel in stride(from: group, to: end, by: MatrixMultiply.panelWidth) {
        let width = min(MatrixMultiply.panelWidth, end - panel)
        let destination = prepared + plan.weightOffset(group: group) + (panel - group) * plan.depth
        for row in stride(from: 0, to: plan.depth, by: lanes) {
          for column in stride(from: 0, to: width, by: lanes) {
            transform(row, panel + column, destination + row * width + column, width, frequencyStride)
          }
        }
      }
    }
  }

  func forward(
    _ source: ConvolutionSource, preparedWeights: UnsafePointer<Float>, epilogue: ConvolutionEpilogue,
    destination: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    convolve(
      forwardPlan, source, sourceLayout, preparedWeights: preparedWeights, epilogue: epilogue,
      into: destination, destinationLayout, scratch: scratch)
  }

  var rowStep: Int { tiles.size }
  var repeatedRows: Int { 0 }
  var forwardScratchCount: Int { forwardPlan.scratchCount }

  func forwardParts(rows: Range<Int>, threads: Int) -> Int {
    tiles.tiles(rows: rows).count.parts(of: forwardPlan.blockTiles, threads: threads)
  }

  func forward(
    _ source: ConvolutionSource, rows: Range<Int>, part: Int, of parts: Int,
    preparedWeights: UnsafePointer<Float>, epilogue: ConvolutionEpilogue,
    destination: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    // Products take the rows of eight tiles at once.
    let range = tiles.tiles(rows: rows).part(part, of: parts, unit: 8)
    convolve(
      forwardPlan, source, sourceLayout, tileRange: range, preparedWeights: preparedWeights,
      epilogue: epilogue, into: destination, destinationLayout, scratch: scratch)
  }

  func backwardData(
    _ source: ConvolutionSource, gradientDestination: UnsafePointer<Float>,
    preparedWeights: UnsafePointer<Float>, gradientSource: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) -> Float? {
    func convolve(_ slope: SlopeGradient?) {
      self.convolve(
        backwardPlan, ConvolutionSource(gradientDestination, images: source.images), destinationLayout,
        preparedWeights: preparedWeights, slope: slope, into: gradientSource, sourceLayout, scratch: scratch)
    }
    guard let derivative = PReLUDerivative(source) else {
      convolve(nil)
      return nil
    }
    return SlopeGradient.total(derivative, channels: shape.inputChannels, convolve)
  }
}
