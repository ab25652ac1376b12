import SRKernels

/// The memory of one structural-similarity evaluation, and the separable window over it.
///
/// Rows are processed one by one: the means along the columns, those along the row, the similarity and its slopes, and the
/// adjoint along the row. So the means never leave the first-level cache. A last pass over the planes of slopes does the
/// adjoint along the columns.
struct SSIMWorkspace {
  let window: SSIMWindow
  /// Floats of one row of pixels.
  let rowCount: Int
  /// The same, in whole vectors.
  let rowStride: Int
  private let height: Int
  private let channels: Int
  private let memory: UnsafeMutablePointer<Float>
  private let margin: Int
  private let slopeMargin: Int
  /// The first float of the first row of means, of the first row of slopes, and of the first plane of slopes.
  private let means: UnsafeMutablePointer<Float>
  private let slopes: UnsafeMutablePointer<Float>
  private let planes: UnsafeMutablePointer<Float>

  /// Floats before and after each row of means: the 5 pixels that the window reaches, in whole vectors.
  private static func margin(_ channels: Int) -> Int { roundedToVectors(SSIMWindow.padding * channels) }
  /// The same for a row of slopes. The adjoint reads as far as 10 pixels from it.
  private static func slopeMargin(_ channels: Int) -> Int {
    margin(channels) + roundedToVectors(SSIMWindow.padding * channels + Vector.scalarCount - 1)
  }
  /// Floats between the 11 weights of consecutive rows. The first row holds the window itself.
  private static let weightStride = 16

  static func count(_ shape: ImageShape) -> Int {
    let rowStride = roundedToVectors(shape.rowCount)
    return (2 * shape.height + 1) * weightStride + 4 * (rowStride + 2 * margin(shape.channels))
      + 3 * (rowStride + 2 * slopeMargin(shape.channels)) + 3 * shape.height * rowStride
  }

  /// A workspace whose planes of slopes are filled.
  init(resuming shape: ImageShape, window: SSIMWindow, memory: UnsafeMutablePointer<Float>) {
    self.window = window
    self.memory = memory
    height = shape.height
    channels = shape.channels
    rowCount = shape.rowCount
    rowStride = roundedToVectors(shape.rowCount)
    margin = Self.margin(shape.channels)
    slopeMargin = Self.slopeMargin(shape.channels)
    means = memory + (1 + 2 * height) * Self.weightStride + margin
    slopes = means + 4 * (rowStride + 2 * margin) - margin + slopeMargin
    planes = slopes + 3 * (rowStride + 2 * slopeMargin) - slopeMargin
  }

  init(shape: ImageShape, window: SSIMWindow, memory: UnsafeMutablePointer<Float>) {
    self.init(resuming: shape, window: window, memory: memory)
    // Margins that are never written must hold zeros.
    memory.update(repeating: 0, count: Self.count(shape) - 3 * height * rowStride)
    fillWeights()
  }

  /// Fills in what each row weighs in the column means of each other row. This is the window, whose part beyond the edges
  /// is added to the rows that stand for it.
  private func fillWeights() {
    for tap in 0..<SSIMWindow.taps { memory[tap] = Float(window.weight(tap: tap)) }
    for row in 0..<height {
      for tap in 0..<SSIMWindow.taps {
        guard let source = window.source(of: row + tap - SSIMWindow.padding, count: height) else { continue }
        gatherWeights(row: row)[source - row + SSIMWindow.padding] += memory[tap]
        scatterWeights(row: source)[row - source + SSIMWindow.padding] += memory[tap]
      }
    }
  }

  /// Rows that a window centred on `row` touches.
  func rowsInReach(of row: Int) -> Range<Int> {
    max(0, row - SSIMWindow.padding)..<min(height, row + SSIMWindow.padding + 1)
  }

  /// Weights of rows `row - 5 ... row + 5` in the means at `row`.
  func gatherWeights(row: Int) -> UnsafeMutablePointer<Float> {
    memory + (1 + row) * Self.weightStride
  }

  /// Weights of `row` in the means at rows `row - 5 ... row + 5`.
  func scatterWeights(row: Int) -> UnsafeMutablePointer<Float> {
    memory + (1 + height + row) * Self.weightStride
  }

  /// First float of one of the four rows of means.
  func meanRow(_ moment: Int) -> UnsafeMutablePointer<Float> {
    means + moment * (rowStride + 2 * margin)
  }

  /// First float of one of the three rows of slopes.
  func slopeRow(_ slope: Int) -> UnsafeMutablePointer<Float> {
    slopes + slope * (rowStride + 2 * slopeMargin)
  }

  /// One of the three planes of slopes. Rows are `rowStride` apart.
  func slopePlane(_ slope: Int) -> UnsafeMutablePointer<Float> {
    planes + slope * height * rowStride
  }

  /// Calls `body` with the floats between two pixels. A number that the compiler knows makes the common case faster.
  @inline(__always) func withPixelStride<Result>(_ body: (_ pixelStride: Int) -> Result) -> Result {
    channels == ImageShape.rgbChannels ? body(ImageShape.rgbChannels) : body(channels)
  }

  /// The window along a row, around sixteen consecutive floats.
  ///
  /// - Parameter pixelStride: of ``withPixelStride(_:)``.
  @inline(__always) func windowSum(
    _ row: UnsafeMutablePointer<Float>, at index: Int, pixelStride: Int
  ) -> Vector {
    var sum = Vector.zero
    for tap in 0..<SSIMWindow.taps {
      let offset = (tap - SSIMWindow.padding) * pixelStride
      sum.addProduct(Vector(repeating: memory[tap]), row.vector(at: index + offset))
    }
    return sum
  }

  /// Writes the values that stand for the five pixels beyond either end of a row. Zeros are there already.
  func extendBeyondEdges(_ row: UnsafeMutablePointer<Float>) {
    guard window == .gaussian else { return }
    forEachReflection { beyond, inside in row[beyond] = row[inside] }
  }

  /// The adjoint of ``extendBeyondEdges(_:)``, after the window's adjoint. What the pixels beyond the edges of `slopes`
  /// received goes to the pixels that they stand for.
  func foldEdges(
    of slopes: UnsafeMutablePointer<Float>, into destination: UnsafeMutablePointer<Float>
  ) {
    // What lies before the row, then what lies behind it.
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * margin) { sums in
      let sums = sums.baseAddress!
      for index in stride(from: 0, to: margin, by: Vector.scalarCount) {
        sums.store(windowSum(slopes, at: index - margin, pixelStride: channels), at: index)
        sums.store(windowSum(slopes, at: rowCount + index, pixelStride: channels), at: margin + index)
      }
      forEachReflection { beyond, inside in
        destination[inside] += sums[margin + (beyond < 0 ? beyond : beyond - rowCount)]
      }
    }
  }

  /// Calls `body` with each float of the five pixels beyond either edge, and with the float that it mirrors.
  private func forEachReflection(_ body: (_ beyond: Int, _ inside: Int) -> Void) {
    for distance in 1...SSIMWindow.padding {
      for channel in 0..<channels {
        body(-distance * channels + channel, distance * channels + channel)
        let last = rowCount - channels + channel
        body(last + distance * channels, last - distance * channels)
      }
    }
  }
}
