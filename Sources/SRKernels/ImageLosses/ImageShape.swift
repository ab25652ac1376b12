/// Size of one image, NHWC with N = 1.
package struct ImageShape: Sendable, Hashable, CustomStringConvertible {
  /// Channels of an RGB image.
  package static let rgbChannels = 3

  package var height: Int
  package var width: Int
  package var channels: Int

  package init(height: Int, width: Int, channels: Int = rgbChannels) {
    precondition(
      height > 0 && width > 0 && channels > 0,
      "an image of \(height)x\(width) pixels and \(channels) channels was asked for")
    self.height = height
    self.width = width
    self.channels = channels
  }

  package var pixels: Int { height * width }
  /// Floats of one row of pixels.
  package var rowCount: Int { width * channels }
  /// Floats of the image.
  package var count: Int { pixels * channels }

  package var description: String { "\(height)x\(width)" }
}
