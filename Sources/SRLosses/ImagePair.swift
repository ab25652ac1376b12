/// A super-resolved image and its target, as a loss compares them: NHWC with N = 1, RGB, 0...1.
public struct ImagePair {
  public let superRes: UnsafePointer<Float>
  public let highRes: UnsafePointer<Float>
  /// Where the gradient by the super-resolved image is added; nil where none is wanted.
  public let gradient: UnsafeMutablePointer<Float>?

  public init(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>?
  ) {
    self.superRes = superRes
    self.highRes = highRes
    self.gradient = gradient
  }
}
