import SRTensor

/// One gradient arena of a sample, later of the tree nodes that start at this sample.
final class GradientLeaf: Sendable {
  let buffer: AlignedBuffer
  var pointer: UnsafeMutablePointer<Float> { buffer.pointer }

  init(count: Int) { buffer = AlignedBuffer(count: count) }
}

/// Gradient leaves kept for reuse. Not synchronised: its owner locks.
struct LeafPool {
  private let arenaCount: Int
  private var free: [GradientLeaf] = []
  /// Leaves made so far; constant once a training loop runs steadily.
  private(set) var allocations = 0

  init(arenaCount: Int) { self.arenaCount = arenaCount }

  mutating func reserve(_ count: Int) {
    while allocations < count {
      free.append(GradientLeaf(count: arenaCount))
      allocations += 1
    }
  }

  mutating func take() -> GradientLeaf {
    if free.isEmpty { reserve(allocations + 1) }
    return free.removeLast()
  }

  mutating func give(_ leaf: GradientLeaf) { free.append(leaf) }
}
