import SRKernels
import Synchronization

/// A loss times a factor that is found when a run starts, so that the loss weighs as much as over another network.
///
/// Both the value and the gradient are multiplied. Until the factor is known, the loss is as it is.
package final class BalancedLoss: Loss {
  private let base: any Loss
  private let chosen = Mutex<Double?>(nil)

  package init(_ base: any Loss) { self.base = base }

  /// Nil until it is known.
  package var factor: Double? { chosen.withLock { $0 } }

  /// Precondition: the factor is positive and finite.
  package func use(_ factor: Double) {
    precondition(factor > 0 && factor.isFinite, "the factor of \(name) is \(factor), not positive")
    chosen.withLock { $0 = factor }
  }

  package var name: String { base.name }
  package var groupSize: Int { base.groupSize }

  package func scratchCount(_ shape: ImageShape) -> Int { base.scratchCount(shape) }

  package func evaluate(
    _ pairs: [ImagePair], weight: Float, scratch: UnsafeMutablePointer<Float>
  ) -> [Double] {
    let factor = factor ?? 1
    return base.evaluate(pairs, weight: Float(Double(weight) * factor), scratch: scratch).map { factor * $0 }
  }
}
