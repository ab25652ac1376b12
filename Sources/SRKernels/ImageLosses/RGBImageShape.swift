/// Size of one RGB image, NHWC with N = 1.
package struct RGBImageShape: Sendable, Hashable, CustomStringConvertible {
  package static let channels = 3

  package var height: Int
  package var width: Int

  package init(height: Int, width: Int) {
    precondition(height > 0 && width > 0, "an image of \(height)x\(width) pixels was asked for")
    self.height = height
    self.width = width
  }

  package var pixels: Int { height * width }
  /// Floats of one row of pixels.
  package var rowCount: Int { width * Self.channels }
  /// Floats of the image.
  package var count: Int { pixels * Self.channels }

  package var description: String { "\(height)x\(width)" }
}
