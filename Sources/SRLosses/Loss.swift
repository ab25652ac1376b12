/// A differentiable distance of a super-resolved RGB image from its target; a term of the training loss.
///
/// Images are NHWC with N = 1, three channels, intensities 0...1. An instance is immutable: threads share it, each
/// with its own scratch memory. A batch's loss is the mean of its images' values.
package protocol Loss: Sendable {
  /// The name by which a loss is asked for and logged, such as `ssim`.
  var name: String { get }

  /// The most image pairs that gain by being compared together.
  var groupSize: Int { get }

  /// Floats of scratch memory that one evaluation needs, of up to ``groupSize`` pairs.
  func scratchCount(height: Int, width: Int) -> Int

  /// The distance, without weight. Where `gradient` is not nil, adds `weight` times the distance's gradient by
  /// `superRes` to it. `scratch` is 64-byte aligned; what it holds before the call does not matter.
  func evaluate(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, height: Int, width: Int, weight: Float,
    gradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>
  ) -> Double

  /// ``evaluate(superRes:highRes:height:width:weight:gradient:scratch:)`` of each of up to ``groupSize`` pairs, or of one.
  /// Each gets the bits that it gets alone.
  ///
  /// - Precondition: all pairs ask for a gradient, or none does.
  func evaluate(
    _ pairs: [ImagePair], height: Int, width: Int, weight: Float, scratch: UnsafeMutablePointer<Float>
  ) -> [Double]
}

extension Loss {
  package var groupSize: Int { 1 }

  package func evaluate(
    _ pairs: [ImagePair], height: Int, width: Int, weight: Float, scratch: UnsafeMutablePointer<Float>
  ) -> [Double] {
    pairs.map {
      evaluate(
        superRes: $0.superRes, highRes: $0.highRes, height: height, width: width, weight: weight,
        gradient: $0.gradient, scratch: scratch)
    }
  }
}
