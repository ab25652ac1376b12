/// Size of one RGB image, NHWC with N = 1.
public struct RGBImageShape: Sendable, Hashable, CustomStringConvertible {
  public static let channels = 3

  public var height: Int
  public var width: Int

  public init(height: Int, width: Int) {
    precondition(height > 0 && width > 0, "an image of \(height)x\(width) pixels was asked for")
    self.height = height
    self.width = width
  }

  public var pixels: Int { height * width }
  /// Floats of one row of pixels.
  public var rowCount: Int { width * Self.channels }
  /// Floats of the image.
  public var count: Int { pixels * Self.channels }

  public var description: String { "\(height)x\(width)" }
}
