import SRKernels

/// Where the pixels of an image and their channels lie, by vectors of 16 channels.
struct PixelLayout: Sendable {
  let height: Int
  let width: Int
  /// Floats between two rows, and between two pixels of a row.
  let rowStride: Int
  let pixelStride: Int
  /// Channels of each of the 2 x 2 subpixels among which a pixel's channels are divided; 0 if they lie in a row.
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

  /// Floats from the first float of a pixel to one of its channels, a multiple of 16.
  @inline(always)
  func offset(channel: Int) -> Int {
    if subpixelChannels == 0 { return channel }
    let (subpixel, rest) = channel.quotientAndRemainder(dividingBy: subpixelChannels)
    // The lower two of the subpixels lie in the next row of the shuffled image.
    return (subpixel >> 1) * (rowStride >> 1) + (subpixel & 1) * subpixelChannels + rest
  }
}
