import SRKernels

/// Where the pixels of an image and their channels lie, by vectors of 16 channels.
struct PixelLayout: Sendable {
  let height: Int
  let width: Int
  /// Floats between two rows, and between two pixels of a row.
  let rowStride: Int
  let pixelStride: Int
  /// Rows and columns of the subpixels among which a pixel's channels are divided: 2 or 3; 1 if the channels lie in a row.
  let factor: Int
  /// Channels of each subpixel.
  private let subpixelChannels: Int

  var isShuffled: Bool { factor > 1 }

  /// NHWC with N = 1.
  init(height: Int, width: Int, channels: Int) {
    self.init(height: height, width: width, channels: channels, factor: 1)
  }

  /// The destination of a convolution.
  init(destinationOf shape: Convolution2DShape) {
    self.init(
      height: shape.outputHeight, width: shape.outputWidth, channels: shape.outputChannels,
      factor: shape.shuffleFactor)
  }

  private init(height: Int, width: Int, channels: Int, factor: Int) {
    self.height = height
    self.width = width
    rowStride = width * channels
    pixelStride = channels / factor
    subpixelChannels = channels / (factor * factor)
    self.factor = factor
  }

  /// Floats from the first float of a pixel to one of its channels, a multiple of 16.
  @inline(always)
  func offset(channel: Int) -> Int {
    if factor == 1 { return channel }
    let (subpixel, rest) = channel.quotientAndRemainder(dividingBy: subpixelChannels)
    // Each row of subpixels lies in a row of its own of the shuffled image.
    if factor == 2 { return (subpixel >> 1) * (rowStride >> 1) + (subpixel & 1) * subpixelChannels + rest }
    let (row, column) = subpixel.quotientAndRemainder(dividingBy: factor)
    return row * (rowStride / factor) + column * subpixelChannels + rest
  }
}
