/// A differentiable distance of a super-resolved RGB image from its target; a term of the training loss.
///
/// Images are NHWC with N = 1, three channels, intensities 0...1. An instance is immutable: threads share it, each
/// with its own scratch memory. A batch's loss is the mean of its images' values.
public protocol Loss: Sendable {
  /// The name by which a loss is asked for and logged, such as `ssim`.
  var name: String { get }

  /// Floats of scratch memory that one evaluation needs.
  func scratchCount(height: Int, width: Int) -> Int

  /// The distance, without weight. Where `gradient` is not nil, adds `weight` times the distance's gradient by
  /// `superRes` to it. `scratch` is 64-byte aligned; what it holds before the call does not matter.
  func evaluate(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, height: Int, width: Int, weight: Float,
    gradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>
  ) -> Double
}
