import SRKernels

/// A 9 x 9 convolution between many channels and few, such as three, as nine 3 x 3 ones over F(3x3,3x3) tiles.
///
/// For output tile (y, x), the kernel's 3 x 3 part (a, b) reads the input patch (y + a, x + b). Patches begin every three
/// pixels, and the nine parts share them. Call the many channels "wide" (w) and the few "narrow" (n). One side of a product
/// is then the nine parts times the narrow channels:
///
///     wide to narrow   Z[patch, (a, b, n)] = V[patch, w] U[w, (a, b, n)]; tile (y, x) adds up nine patches
///     narrow to wide   M[tile, w] = V[tile, (a, b, n)] U[(a, b, n), w], V gathered from nine patches
///     weights          U'[(a, b, n), w] = D[patch, (a, b, n)]^T V[patch, w], D gathered from nine tiles
///
/// This takes 3.2 times fewer multiplications than the direct method.
struct NestedWinogradConvolution: Convolution2DKernel {
  let shape: Convolution2DShape
  /// Channels of the wide and of the narrow side.
  let wide: Int
  let narrow: Int
  /// Whether the source is the wide side.
  let reduces: Bool
  /// Output tiles of 3 x 3 pixels. There are two more patches each way.
  let tileRows: Int
  let tileColumns: Int
  /// Patches, or tiles, of one row that are processed at a time.
  let blockColumns: Int

  static func supports(_ shape: Convolution2DShape) -> Bool {
    let (low, high) = (
      min(shape.inputChannels, shape.outputChannels), max(shape.inputChannels, shape.outputChannels)
    )
    return shape.kernelSize == 9 && shape.stride == 1 && shape.padding == 4
      && low <= Convolution2DShape.mostNarrowChannels
      && high % 16 == 0
  }

  /// - Precondition: `shape` is supported.
  init(_ shape: Convolution2DShape) {
    self.shape = shape
    reduces = shape.inputChannels > shape.outputChannels
    wide = max(shape.inputChannels, shape.outputChannels)
    narrow = min(shape.inputChannels, shape.outputChannels)
    tileRows = (shape.inputHeight + 2) / 3
    tileColumns = (shape.inputWidth + 2) / 3
    blockColumns = min(48, tileColumns + 2)
  }

  var patchRows: Int { tileRows + 2 }
  var patchColumns: Int { tileColumns + 2 }
  /// Elements of (a, b, n).
  var narrowCount: Int { 9 * narrow }
  /// Floats of one patch's (a, b, n) on the narrow side of a product, in whole vectors.
  var narrowStride: Int { roundedToVectors(narrowCount) }
  /// Floats of the patches of one row on the narrow side, with room for a vector that reaches beyond the end.
  var narrowRowStride: Int { ((patchColumns + 2) * narrow + 31) / 16 * 16 }

  var algorithm: String { "nested winograd F(3x3,3x3)" }
  var preparedForwardCount: Int {
    WinogradF3.frequencyCount * wide * (reduces ? narrowStride : narrowCount)
  }
  var preparedBackwardDataCount: Int {
    WinogradF3.frequencyCount * wide * (reduces ? narrowCount : narrowStride)
  }
  var scratchCount: Int {
    max(wideToNarrowScratch.count, narrowToWideScratch.count, weightsScratch.count)
  }

  func prepareForward(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
    if reduces {
      prepareWideToNarrow(weights, turned: false, into: prepared)
    } else {
      prepareNarrowToWide(weights, turned: false, into: prepared)
    }
  }

  func prepareBackwardData(weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
    if reduces {
      prepareNarrowToWide(weights, turned: true, into: prepared)
    } else {
      prepareWideToNarrow(weights, turned: true, into: prepared)
    }
  }

  func forward(
    _ source: ConvolutionSource, preparedWeights: UnsafePointer<Float>, epilogue: ConvolutionEpilogue,
    destination: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<source.images {
      let image = source.image(index, of: shape)
      let destination = destination + index * shape.destinationCount
      if reduces {
        wideToNarrow(image, preparedWeights, epilogue: epilogue, into: destination, scratch: scratch)
      } else {
        narrowToWide(image.pixels, preparedWeights, epilogue: epilogue, into: destination, scratch: scratch)
      }
    }
  }

  var rowStep: Int { 3 }
  /// Two rows of patches.
  var repeatedRows: Int { 6 }
  var forwardScratchCount: Int { reduces ? wideToNarrowScratch.count : narrowToWideScratch.count }

  /// The rows of tiles that write rows of the image, which begin at a whole tile.
  private func tileRows(_ rows: Range<Int>) -> Range<Int> {
    rows.lowerBound / 3..<(rows.upperBound + 2) / 3
  }

  func forwardParts(rows: Range<Int>, threads: Int) -> Int {
    tileRows(rows).count.parts(of: 64, threads: threads)
  }

  func forward(
    _ source: ConvolutionSource, rows: Range<Int>, part: Int, of parts: Int,
    preparedWeights: UnsafePointer<Float>, epilogue: ConvolutionEpilogue,
    destination: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let range = tileRows(rows).part(part, of: parts)
    if reduces {
      wideToNarrow(
        source, preparedWeights, tileRows: range, epilogue: epilogue, into: destination, scratch: scratch)
    } else {
      narrowToWide(
        source.pixels, preparedWeights, tileRows: range, epilogue: epilogue, into: destination,
        scratch: scratch)
    }
  }

  func backwardData(
    _ source: ConvolutionSource, gradientDestination: UnsafePointer<Float>,
    preparedWeights: UnsafePointer<Float>, gradientSource: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) -> Float? {
    var slopeGradient = 0.0
    for index in 0..<source.images {
      let gradientDestination = gradientDestination + index * shape.destinationCount
      let gradientSource = gradientSource + index * shape.sourceCount
      if reduces {
        slopeGradient += narrowToWide(
          gradientDestination, preparedWeights, derivative: PReLUDerivative(source.image(index, of: shape)),
          into: gradientSource, scratch: scratch)
      } else {
        wideToNarrow(
          ConvolutionSource(gradientDestination), preparedWeights, into: gradientSource, scratch: scratch)
      }
    }
    return source.slope == nil ? nil : Float(slopeGradient)
  }

  func backwardWeights(
    _ source: ConvolutionSource, gradientDestination: UnsafePointer<Float>,
    gradientWeights: UnsafeMutablePointer<Float>, gradientBias: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let gradient = ConvolutionSource(gradientDestination)
    correlate(
      wide: reduces ? source : gradient, narrow: reduces ? gradientDestination : source.pixels,
      into: gradientWeights, scratch: scratch)
    sumOverPixels(
      gradientDestination, pixels: shape.outputHeight * shape.outputWidth,
      channels: shape.outputChannels, into: gradientBias)
  }

  /// Where the weight between two channels lies at a kernel position, or at the position turned by 180 degrees.
  func weightIndex(row: Int, column: Int, wide w: Int, narrow n: Int, turned: Bool) -> Int {
    let position = turned ? (8 - row) * 9 + 8 - column : row * 9 + column
    return position * wide * narrow + (reduces ? w * narrow + n : n * wide + w)
  }

  /// Parts of the scratch memory, as offsets one after the other.
  struct Scratch {
    private(set) var count = 0

    mutating func take(_ floats: Int) -> Int {
      defer { count += (floats + 15) / 16 * 16 }
      return count
    }
  }
}
