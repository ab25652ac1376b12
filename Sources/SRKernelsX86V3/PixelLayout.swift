import SRKernels

/// Where the pixels of an image and their channels lie, by vectors of 16 channels.
struct PixelLayout: Sendable {
  let height: Int
  let width: Int
  /// Floats between two rows, and between two pixels of a row.
  let rowStride: Int
  let pixelStride: Int
  /// Channels of each of the 2 x 2 subpixels that a pixel's channels are dealt to; 0 where they lie in a row.
  private let subpixelChannels: Int

  var isShuffled: Bool { subpixelChannels > 0 }

  /// NHWC with N = 1.
  init(height: Int, width: Int, channels: Int) {
    self.init(height: height, width: width, channels: channels, isShuffled: false)
  }

  /// The destination of a convolution.
  init(destinationOf shape: Convolution2DShape) {
    self.init(
      height: shape.outputHeight, width: shape.outputWidth, channels: shape.outputChannels,
      isShuffled: shape.shufflesPixels)
  }

  private init(height: Int, width: Int, channels: Int, isShuffled: Bool) {
    self.height = height
    self.width = width
    rowStride = width * channels
    pixelStride = isShuffled ? channels / 2 : channels
    subpixelChannels = isShuffled ? channels / 4 : 0
  }

  /// From a pixel's first float to that of a channel, a multiple of 16.
  @inline(always)
  func offset(channel: Int) -> Int {
    if subpixelChannels == 0 { return channel }
    let (subpixel, rest) = channel.quotientAndRemainder(dividingBy: subpixelChannels)
    // The lower two of the subpixels lie in the next row of the shuffled image.
    return (subpixel >> 1) * (rowStride >> 1) + (subpixel & 1) * subpixelChannels + rest
  }

  /// Brings `channels`, whole vectors, of a rectangle of pixels into the cache, to be read or written there.
  ///
  /// A transform goes through its tile a few cache lines at a time, in an order that no hardware foresees, and waits for
  /// each line that is far away. The reads here do not depend on each other: the core has many of them under way.
  ///
  /// - Parameter sink: one float that is overwritten, so that the compiler keeps the reads.
  @inline(never)
  func fetch(
    _ pixels: UnsafePointer<Float>, rows: Int, columns: Int, channels: Range<Int>,
    sink: UnsafeMutablePointer<Float>
  ) {
    var bits: UInt32 = 0
    var first = channels.lowerBound
    while first < channels.upperBound {
      let end = min(contiguousEnd(from: first), channels.upperBound)
      // Where nothing lies between two pixels, a row is one piece.
      let wholeRows = end - first == pixelStride
      let (pieces, count) = wholeRows ? (1, columns * pixelStride) : (columns, end - first)
      for row in 0..<rows {
        for column in 0..<pieces {
          let piece = pixels + row * rowStride + column * pixelStride + offset(channel: first)
          for index in stride(from: 0, to: count, by: 16) { bits |= piece[index].bitPattern }
        }
      }
      first = end
    }
    sink.pointee = Float(bitPattern: bits)
  }

  /// The channel up to which those from `channel` on lie one after the other.
  private func contiguousEnd(from channel: Int) -> Int {
    if subpixelChannels == 0 { return pixelStride }
    let rowChannels = 2 * subpixelChannels
    return (channel / rowChannels + 1) * rowChannels
  }
}
