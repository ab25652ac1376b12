/// A super-resolved image and its target, as a loss compares them: NHWC with N = 1, RGB, 0...1.
package struct ImagePair {
  package let superRes: UnsafePointer<Float>
  package let highRes: UnsafePointer<Float>
  /// Where the gradient by the super-resolved image is added; nil where none is wanted.
  package let gradient: UnsafeMutablePointer<Float>?

  package init(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>?
  ) {
    self.superRes = superRes
    self.highRes = highRes
    self.gradient = gradient
  }
}
