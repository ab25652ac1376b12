import SRKernels

/// Blocks and scratch memory of a forward or backward-data pass.
struct WinogradDataPlan: Sendable {
  /// Input channels of the pass: the depth of the products.
  let depth: Int
  /// Output channels of the pass.
  let columns: Int
  /// Output channels whose products are held at a time, in whole panels.
  let groupColumns: Int
  /// Tiles transformed at a time.
  let blockTiles: Int
  /// The largest number of tiles of the last block.
  let lastBlockTiles: Int
  /// Floats between two frequencies of transformed pixels.
  let inputStride: Int
  /// Floats between two frequencies of products.
  let productStride: Int

  private let frequencies: Int
  /// Floats after each frequency of pixels, products or weights. They keep the distance between frequencies off powers of
  /// two: at multiples of 4 KiB the stores of one transform would all fall into one set of the cache.
  private static let padding = 16

  init(depth: Int, columns: Int, tiles: Int, frequencies: Int) {
    self.depth = depth
    self.columns = columns
    self.frequencies = frequencies
    // Measured on 64 to 512 channels. With fewer tiles the weights, which come from far, are fetched too often. With more,
    // the pixels and products of a block come from far as well. At most as many as four pairs of images have.
    blockTiles = min(Self.tiles(frequencies: frequencies), 8 * tiles)
    // A few remaining tiles go with the block before: they do not repay fetching the weights once more.
    lastBlockTiles = blockTiles + (tiles % blockTiles <= 4 ? tiles % blockTiles : 0)
    inputStride = lastBlockTiles * depth + Self.padding
    groupColumns = min(Self.groupColumns(depth: depth), columns)
    productStride = lastBlockTiles * groupColumns + Self.padding
  }

  #if SRDIST_X86_V4
    /// 24 tiles of 64 frequencies, 64 of 36: multiples of the 8 rows of a product.
    private static func tiles(frequencies: Int) -> Int { frequencies == 64 ? 24 : 2304 / frequencies }

    /// The pixels of a frequency, near from the first panel on, serve all panels of a group. The products of the group are
    /// written and read once. If channels are few, their pixels are read again for each group: with all columns in one
    /// group, the products would crowd them out of the second-level cache. If channels are many, their pixels do not stay
    /// there anyway, and are read once.
    private static func groupColumns(depth: Int) -> Int { depth > 64 ? .max : 64 }
  #else
    /// 36 tiles of 64 frequencies, 64 of 36.
    private static func tiles(frequencies: Int) -> Int { 2304 / frequencies }

    /// Products take twice as long as with AVX-512, so they hide the reading of the pixels again for each group.
    private static func groupColumns(depth: Int) -> Int { 64 }
  #endif

  var patchOffset: Int { 0 }
  /// Floats of a copied input tile, of at most 8 x 8 pixels, or of an output tile of 16 channels.
  var patchCount: Int { frequencies * max(depth, 16) }
  var inputOffset: Int { patchCount }
  var productOffset: Int { inputOffset + frequencies * inputStride }
  var scratchCount: Int { productOffset + frequencies * productStride }

  /// The tiles of the block that begins at `first`, out of the tiles before `count`.
  func block(from first: Int, of count: Int) -> Range<Int> {
    first..<(count - first <= lastBlockTiles ? count : first + blockTiles)
  }

  /// Columns of the group that begins at `column`.
  func groupWidth(_ column: Int) -> Int { min(groupColumns, columns - column) }

  /// Where the transformed weights of the group that begins at `column` lie. They are stored as
  /// [group][frequency][panel][depth][column of the panel], the order in which they are used.
  func weightOffset(group column: Int) -> Int { weightCount(before: column) }

  /// Floats between two frequencies of the transformed weights of the group that begins at `column`.
  func weightStride(group column: Int) -> Int { depth * groupWidth(column) + Self.padding }

  /// Floats of all transformed weights.
  var weightCount: Int { weightCount(before: columns) }

  private func weightCount(before column: Int) -> Int {
    let groups = (column + groupColumns - 1) / groupColumns
    return frequencies * (depth * column + groups * Self.padding)
  }
}

extension WinogradConvolution {
  /// Convolves the source. The forward pass and the backward pass to the source are both this, with other weights, layouts
  /// and last steps.
  ///
  /// - Parameters:
  ///   - tileRange: the tiles to compute, counted through all images; nil for all of them.
  ///   - epilogue: of the forward pass.
  ///   - slope: in the backward pass, the derivative of the PReLU through which the forward pass read its source, if any.
  func convolve(
    _ plan: WinogradDataPlan, _ source: ConvolutionSource, _ sourceLayout: PixelLayout,
    tileRange: Range<Int>? = nil, preparedWeights: UnsafePointer<Float>, epilogue: ConvolutionEpilogue? = nil,
    slope: SlopeGradient? = nil, into destination: UnsafeMutablePointer<Float>,
    _ destinationLayout: PixelLayout, scratch: UnsafeMutablePointer<Float>
  ) {
    let patch = scratch + plan.patchOffset
    let input = scratch + plan.inputOffset
    let products = scratch + plan.productOffset
    let tileRange = tileRange ?? 0..<source.images * tiles.count
    var first = tileRange.lowerBound
    while first < tileRange.upperBound {
      let block = plan.block(from: first, of: tileRange.upperBound)
      first = block.upperBound
      transformInput(plan, block, source, sourceLayout, patch: patch, into: input)
      for group in stride(from: 0, to: plan.columns, by: plan.groupColumns) {
        let width = plan.groupWidth(group)
        let weights = preparedWeights + plan.weightOffset(group: group)
        for frequency in 0..<Transform.frequencyCount {
          multiply(
            plan, rows: block.count, columns: width, input + frequency * plan.inputStride,
            weights + frequency * plan.weightStride(group: group),
            into: products + frequency * plan.productStride)
        }
        transformOutput(
          plan, block, products, channels: group..<group + width, epilogue: epilogue,
          slope: slope, patch: patch, into: destination, destinationLayout)
      }
    }
  }

  /// products[rows x columns] = input[rows x depth] weights[depth x columns], of one frequency.
  @inline(__always)
  private func multiply(
    _ plan: WinogradDataPlan, rows: Int, columns: Int, _ input: UnsafePointer<Float>,
    _ weights: UnsafePointer<Float>, into products: UnsafeMutablePointer<Float>
  ) {
    for panel in stride(from: 0, to: columns, by: MatrixMultiply.panelWidth) {
      let width = min(MatrixMultiply.panelWidth, columns - panel)
      MatrixMultiply.panel(
        rows: rows, vectors: width / 16, depth: plan.depth,
        MatrixMultiply.Broadcast(base: input, rowStride: plan.depth, depthStride: 1),
        MatrixMultiply.Rows(base: weights + panel * plan.depth, stride: width),
        into: MatrixMultiply.Rows(base: products + panel, stride: plan.groupColumns),
        accumulate: false,
        ahead: UnsafeBufferPointer(start: weights + (panel + width) * plan.depth, count: width * plan.depth))
    }
  }

  @inline(never)
  private func transformInput(
    _ plan: WinogradDataPlan, _ block: Range<Int>, _ source: ConvolutionSource, _ layout: PixelLayout,
    patch: UnsafeMutablePointer<Float>, into input: UnsafeMutablePointer<Float>
  ) {
    let imageCount = tiles.height * tiles.width * plan.depth
    for index in block {
      let (image, tile) = index.quotientAndRemainder(dividingBy: tiles.count)
      let window = tiles.window(
        tile, margin: 1, image: source.pixels + image * imageCount, layout, channels: 0..<plan.depth,
        slope: source.slope, patch: patch)
      let upcoming = tiles.upcoming(
        after: index, in: block, margin: 1, images: source.pixels, imageCount: imageCount, layout,
        channels: 0..<plan.depth)
      let row = input + (index - block.lowerBound) * plan.depth
      for channel in stride(from: 0, to: plan.depth, by: Register.scalarCount) {
        upcoming.fetch(step: channel / Register.scalarCount)
        Transform.input(
          window.pixels(channel: channel, layout), rowStride: window.rowStride,
          columnStride: window.columnStride,
          into: row + channel, frequencyStride: plan.inputStride)
      }
    }
  }

  @inline(never)
  private func transformOutput(
    _ plan: WinogradDataPlan, _ block: Range<Int>, _ products: UnsafePointer<Float>,
    channels: Range<Int>, epilogue: ConvolutionEpilogue?, slope: SlopeGradient?,
    patch: UnsafeMutablePointer<Float>, into images: UnsafeMutablePointer<Float>, _ layout: PixelLayout
  ) {
    let bias = epilogue?.bias
    let floor = Register(repeating: epilogue?.floor ?? -.infinity)
    let prelu = epilogue?.prelu
    let imageCount = tiles.height * tiles.width * plan.columns
    for index in block {
      let (image, tile) = index.quotientAndRemainder(dividingBy: tiles.count)
      let destination = images + image * imageCount
      let row = products + (index - block.lowerBound) * plan.groupColumns
      let (y, x) = tiles.origin(tile)
      let upcoming = tiles.upcoming(
        after: index, in: block, margin: 0, images: images, imageCount: imageCount, layout, channels: channels
      )
      let inside = y + tiles.size <= tiles.height && x + tiles.size <= tiles.width
      // All channels of a tile follow one another: their pixels share pairs of cache lines.
      for channel in stride(from: channels.lowerBound, to: channels.upperBound, by: Register.scalarCount) {
        upcoming.fetch(step: (channel - channels.lowerBound) / Register.scalarCount)
        let bias = bias?.register(at: channel) ?? .zero
        let products = row + (channel - channels.lowerBound)
        let pixels = destination + layout.offset(channel: channel)
        if inside {
          Transform.output(
            products, frequencyStride: plan.productStride, bias: bias, floor: floor,
            into: pixels + y * layout.rowStride + x * layout.pixelStride, rowStride: layout.rowStride,
            columnStride: layout.pixelStride)
        } else {
          Transform.output(
            products, frequencyStride: plan.productStride, bias: bias, floor: floor, into: patch,
            rowStride: tiles.size * Register.scalarCount, columnStride: Register.scalarCount)
          tiles.writeInside(tile, patch: patch, image: pixels, layout)
        }
      }
      let (rows, columns) = (y..<min(y + tiles.size, tiles.height), x..<min(x + tiles.size, tiles.width))
      prelu?.apply(to: destination, layout, rows: rows, columns: columns, channels: channels)
      slope?.multiply(
        images, image: image * imageCount, layout, rows: rows, columns: columns, channels: channels)
    }
  }
}
